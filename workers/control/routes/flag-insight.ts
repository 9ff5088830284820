// Routes that explain a flag: its history, its usage, and its evaluation for given contexts, now or at any
// past revision.
import * as z from 'zod'
import { compile } from '../../../core/evaluation/compile.ts'
import { type Explanation, explain } from '../../../core/evaluation/explain.ts'
import { diff } from '../../../core/change/diff.ts'
import { FlagKey } from '../../../core/model/flag.ts'
import { valueLengthMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { decodeMembers } from '../../../core/model/members.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { listEntityChanges } from '../../storage/history.ts'
import { readEntity } from '../../storage/entities.ts'
import { membersOf } from '../../storage/members.ts'
import { readPastSnapshot } from '../../storage/snapshots.ts'
import { readUsage } from '../../storage/usage.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import { route } from '../api/route.ts'
import { FlagHistoryEntry, FlagUsage, evaluateAnswer } from '../api/flag-answers.ts'
import { environmentStub } from '../api/environment-stub.ts'

const contextsMax = 100
const flagsMax = 1_000
const evaluationsMax = 10_000

const Context = z.strictObject({
  targetingKey: z.string().max(valueLengthMax).optional(),
  attributes: z.record(z.string(), z.unknown()).default({}),
})

export const flagInsight = [
  route({
    id: 'list-flag-history',
    method: 'GET',
    path: '/environments/{environment}/flags/{key}/history',
    needs: 'viewer',
    summary: 'Lists the changes of a flag, field by field, newest first',
    query: PageQuery,
    answer: z.strictObject({ history: z.array(FlagHistoryEntry), nextCursor: NextCursor }),
    handle: async ({ database, params: { environment, key }, query: { limit, cursor } }) => {
      const before = Number(cursor?.[0] ?? Number.MAX_SAFE_INTEGER)
      const flag = { environmentId: environment, kind: 'flag', id: key } as const
      const changes = await listEntityChanges(database, flag, before, limit + 1)
      const { rows, ...next } = pageOf(changes, limit, ({ number }) => [number])
      const history = rows.map(({ before: was, after: is, ...entry }) => ({ ...entry, diff: diff(was, is) }))
      if (history.length === 0 && cursor === undefined) return refuse('NOT_FOUND', `there is no flag ${key}`)
      return ok({ history, ...next })
    },
  }),
  route({
    id: 'read-flag-usage',
    method: 'GET',
    path: '/environments/{environment}/flags/{key}/usage',
    needs: 'viewer',
    summary: 'Reads when each variation of a flag was last exposed',
    description: 'By reported exposures, with a delay of a minute or two. Empty if there were none.',
    answer: FlagUsage,
    handle: async ({ database, params: { environment, key } }) => {
      const variations = await readUsage(database, environment, key)
      if (variations.length === 0 && !(await readEntity(database, environment, 'flag', key)))
        return refuse('NOT_FOUND', `there is no flag ${key}`)
      return ok({ lastSeenAt: variations[0]?.lastSeenAt ?? null, variations })
    },
  }),
  route({
    id: 'evaluate',
    method: 'POST',
    path: '/environments/{environment}/evaluate',
    needs: 'viewer',
    summary: 'Evaluates flags for given contexts, with reasons; now, or at a past revision',
    description: `At most ${evaluationsMax} evaluations: contexts times flags.`,
    body: z.strictObject({
      contexts: z.array(Context).min(1).max(contextsMax),
      flags: z.array(FlagKey).max(flagsMax).optional().describe('Absent: all flags.'),
      revision: z.int().min(1).optional(),
      explain: z.boolean().default(true),
    }),
    answer: evaluateAnswer,
    handle: async (call) => {
      const { contexts, flags, revision, explain: isExplained } = call.body
      const environmentId = call.params.environment
      const snapshot = await snapshotAt(call, environmentId, revision)
      if (!snapshot)
        return refuse(
          'NOT_FOUND',
          `there is no snapshot of ${revision === undefined ? environmentId : `revision ${revision}`}`,
        )
      const keys = flags ?? snapshot.flags.map(({ key }) => key)
      if (keys.length * contexts.length > evaluationsMax) {
        const fields = [{ path: 'flags', message: `times contexts, at most ${evaluationsMax}` }]
        return refuse('INVALID', 'too many evaluations in one request', { fields })
      }
      const compiled = compile(
        snapshot,
        await membersOf(snapshot, async (sha256) => {
          const hashes = await environmentStub(call, environmentId).members(environmentId, sha256)
          return hashes && decodeMembers(new Uint8Array(hashes))
        }),
      )
      const results = contexts.map(({ targetingKey, attributes }) =>
        keys.map((key) => toAnswer(key, explain(compiled, key, { targetingKey, attributes }), isExplained)),
      )
      return ok({ revision: snapshot.revision, results })
    },
  }),
]

async function snapshotAt(
  call: Parameters<typeof environmentStub>[0],
  environmentId: string,
  revision: number | undefined,
): Promise<Snapshot | undefined> {
  if (revision === undefined) return environmentStub(call, environmentId).snapshot(environmentId)
  const text = await readPastSnapshot(
    { kv: call.env.SNAPSHOTS, archive: call.env.LAKE },
    environmentId,
    revision,
  )
  return text === undefined ? undefined : (JSON.parse(text) as Snapshot)
}

function toAnswer(flagKey: string, explanation: Explanation | undefined, isExplained: boolean) {
  if (!explanation)
    return { flagKey, reason: 'ERROR', error: { code: 'FLAG_NOT_FOUND', message: 'there is no such flag' } }
  const { evaluation, ...why } = explanation
  const { flag, reason, cause, variation, error } = evaluation
  return {
    flagKey,
    reason,
    cause,
    ...(variation && { variationId: variation.id, value: variation.typed }),
    ...(flag?.metadata && { metadata: flag.metadata }),
    ...(error && { error }),
    ...(isExplained && { why }),
  }
}
