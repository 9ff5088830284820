// What `npm run backup` reads and `npm run restore` writes: the rows of D1, uploaded members, kept
// assignments. Rows go back only where nothing lives yet; a living environment is changed by the command
// `restore`. Secrets that can be read are sealed with a key that the caller brings, or left out.
import * as z from 'zod'
import { restoredEntitiesMax, valueLengthMax } from '../../../core/model/limits.ts'
import { memberSet } from '../../../core/model/member-set.ts'
import { membersMax } from '../../../core/model/members.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { Segment } from '../../../core/model/segment.ts'
import { RestoredEntity } from '../../../core/change/command.ts'
import { assignmentShards, assignmentStoreAt } from '../../contracts/assignments-contract.ts'
import { newIv, seal, sealKeyOf } from '../../http/seal.ts'
import {
  type SavedRow,
  type SavedTable,
  SavedRow as Row,
  environmentColumnOf,
  environmentsAmong,
  ownersMissing,
  insertRows,
  readHeads,
  readRows,
  savedTableNames,
  savedTables,
  unknownColumns,
} from '../../storage/backup-rows.ts'
import { findScope } from '../../storage/identity.ts'
import { hasMembers, publishMembers, readIds, writeIds } from '../../storage/members.ts'
import { hasReadableSecrets } from '../../storage/write-statements.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { UploadError, idsIn, uploadOf } from '../api/member-lines.ts'
import type { Call } from '../api/call.ts'
import { ChangeQuery } from '../api/change-query.ts'
import { executeCommand } from '../api/execute-command.ts'
import { route } from '../api/route.ts'
import { changeAnswer } from '../api/shapes.ts'
import { Slug } from '../api/slugs.ts'

const tablePath = '/backup/tables/{table}'
const membersPath = '/backup/members/{id}/{list}'
const assignmentsPath = '/backup/assignments/{id}'
const uploadBytesMax = 100_000_000
/** A page of rows, with room for the escapes of JSON. */
const bodyBytesMax = 32 * 1024 * 1024
const assignmentsPageMax = 5_000

const Assignment = z.tuple([z.string(), z.string(), z.string()])
const Assignments = z.array(Assignment).max(assignmentsPageMax)
const Shard = z.coerce
  .number()
  .int()
  .min(0)
  .max(assignmentShards - 1)

/** A restored environment begins no phase of an experiment: the backup's split is not the one it ran on. */
const RestoreQuery = ChangeQuery.pick({ dryRun: true }).extend({
  experiment: z.literal('stop').optional().describe('Running experiments that it would disturb stop.'),
})

export const backup = [
  route({
    id: 'read-backup-heads',
    method: 'GET',
    path: '/backup',
    needs: 'deployment-owner',
    summary: 'Reads what a backup consists of, and the newest revision of each environment',
    answer: z.strictObject({
      tables: z
        .array(z.strictObject({ name: z.string(), restoring: z.enum(['always', 'empty', 'absent']) }))
        .describe('In the order in which they are restored; into which installation or environment.'),
      migrations: z.array(z.string()),
      assignmentShards: z.int(),
      revisions: z.record(z.string(), z.int()),
      archived: z.array(z.string()).describe('Environments that accept no changes.'),
      audit: z.int().describe('The number of the newest entry of the audit trail.'),
    }),
    handle: async ({ env, database }) => {
      const [applied, heads] = await Promise.all([
        env.DB.prepare('SELECT name FROM d1_migrations ORDER BY id').all<{ name: string }>(),
        readHeads(database),
      ])
      const migrations = applied.results.map(({ name }) => name)
      const tables = savedTableNames.map((name) => ({ name, restoring: savedTables[name].restoring }))
      return ok({ tables, migrations, assignmentShards, ...heads })
    },
  }),
  route({
    id: 'read-backup-rows',
    method: 'GET',
    path: tablePath,
    needs: 'deployment-owner',
    summary: 'Reads a page of the rows of a table',
    description:
      'Webhooks and triggers hold secrets. With a key of AES-256 in base64 in the header `x-seal-key`, their ' +
      'values are sealed by it and stand in `sealed`; without it, they are left out.',
    query: z.strictObject({ after: z.coerce.number().int().default(0) }),
    answer: z.strictObject({
      rows: z.array(Row),
      next: z.int().nullable().describe('For `after`; null after the last page.'),
    }),
    handle: async ({ database, params, query: { after }, request }) => {
      const table = toTable(params.table)
      if (!table) return noTable(params.table)
      const header = request.headers.get('x-seal-key')
      const key = header === null ? undefined : sealKeyOf(header)
      if (header !== null && !key) return refuse('INVALID', 'x-seal-key: must be 32 bytes in base64')
      const { rows, next } = await readRows(database, table, after)
      const safe = table === 'entities' ? await Promise.all(rows.map((row) => withoutText(row, key))) : rows
      return ok({ rows: safe.filter((row) => row !== undefined), next })
    },
  }),
  route({
    id: 'restore-backup-rows',
    method: 'POST',
    path: tablePath,
    needs: 'deployment-owner',
    summary: 'Writes rows of environments that are not there; rows that are there stay as they are',
    description:
      'Members, tokens, approvals and the audit trail are taken only while there is no environment at all, so ' +
      'that nobody who was removed comes back.',
    body: z.strictObject({ rows: z.array(Row).max(5_000) }),
    bodyBytesMax,
    answer: z.strictObject({ written: z.int().describe('Rows that were not there yet.') }),
    handle: async ({ database, params, body: { rows } }) => {
      const table = toTable(params.table)
      if (!table) return noTable(params.table)
      const problem = await unfit(database, table, rows)
      if (problem) return problem
      try {
        return ok({ written: await insertRows(database, table, rows) })
      } catch (cause) {
        if (!isConstraintFailure(cause)) throw cause
        return refuse(
          'INVALID',
          `rows: ${table} takes no such row, a column is missing or is of another kind`,
        )
      }
    },
  }),
  route({
    id: 'read-backup-members',
    method: 'GET',
    path: membersPath,
    needs: 'deployment-owner',
    summary: 'Downloads a list of members by the name that segments give it, one id per line',
    answer: z.string(),
    downloads: ['text/plain'],
    handle: async ({ env, params: { id, list } }) => {
      const stored = await readIds(env.LAKE, id, list)
      const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
      return stored
        ? new Response(stored.body, { headers })
        : refuse('NOT_FOUND', `environment ${id} has no list of members ${list}`)
    },
  }),
  route({
    id: 'restore-backup-members',
    method: 'PUT',
    path: membersPath,
    needs: 'deployment-owner',
    summary: 'Uploads a list of members under the name that segments of a backup give it',
    uploads: ['text/plain'],
    answer: z.strictObject({ sha256: z.string(), count: z.int() }),
    handle: restoreMembers,
  }),
  route({
    id: 'read-backup-assignments',
    method: 'GET',
    path: assignmentsPath,
    needs: 'deployment-owner',
    summary: 'Reads a page of the variations that are kept for users',
    query: z.strictObject({
      shard: Shard,
      after: z
        .string()
        .max(2 * valueLengthMax)
        .default(''),
    }),
    answer: z.strictObject({
      assignments: Assignments.describe('User or group, rule, variation.'),
      next: z.string().nullable(),
    }),
    handle: async ({ env, params: { id }, query: { shard, after } }) => {
      const store = assignmentStoreAt(env.ASSIGNMENTS, id, shard)
      const rows = await store.page(after, assignmentsPageMax)
      const isLast = rows.length === 0
      return ok({ assignments: [...rows], next: isLast ? null : rows.at(-1)![0] })
    },
  }),
  route({
    id: 'restore-backup-assignments',
    method: 'POST',
    path: assignmentsPath,
    needs: 'deployment-owner',
    summary: 'Keeps variations for users of an environment that is not there; what is kept already stays',
    query: z.strictObject({ shard: Shard }),
    body: z.strictObject({ assignments: Assignments }),
    answer: z.strictObject({ assignments: z.int() }),
    handle: async ({ env, database, params: { id }, query: { shard }, body: { assignments } }) => {
      if ((await environmentsAmong(database, [id])).length > 0) return alive([id])
      await assignmentStoreAt(env.ASSIGNMENTS, id, shard).restore(assignments)
      return ok({ assignments: assignments.length })
    },
  }),
  route({
    id: 'publish-anew',
    method: 'POST',
    path: '/backup/publish/{id}',
    needs: 'deployment-owner',
    summary: 'Publishes what D1 holds of an environment, after D1 was restored',
    description:
      'If D1 is older than what was published, the environment goes on with a revision above it, so that ' +
      'nothing that has seen the newer one is misled.',
    answer: z.strictObject({ revision: z.int() }),
    handle: async (call) => {
      const { id } = call.params
      if ((await environmentsAmong(call.database, [id])).length === 0)
        return refuse('NOT_FOUND', `D1 holds no environment ${id}`)
      const head = await environmentStub(call, id).publishAnew(id)
      return head.status === 'known' && !head.unpublished
        ? ok({ revision: head.revision })
        : refuse('UNAVAILABLE', 'it could not be published at the moment, try again')
    },
  }),
  route({
    id: 'restore-environment',
    method: 'POST',
    path: '/backup/environments/{id}',
    needs: 'deployment-owner',
    summary: 'Restores flags, segments, goals, tags and settings to what they are in a backup',
    description: 'As a rollback does it: see `roll-back`.',
    query: RestoreQuery,
    body: z.strictObject({ entities: z.array(RestoredEntity).max(restoredEntitiesMax) }),
    bodyBytesMax,
    answer: changeAnswer(z.null()),
    handle: async (call) => {
      const { id } = call.params
      const { entities } = call.body
      const scope = await findScope(call.database, { environment: id })
      if (!scope) return refuse('NOT_FOUND', `there is no environment ${id}`)
      const problem = await missingMembers(call.env.LAKE, id, entities)
      return (
        problem ??
        executeCommand({ ...call, scope, params: { environment: id } }, { kind: 'restore', entities })
      )
    },
  }),
]

const MemberSet = Segment.pick({ members: true }).required().strip()
const questionsAtOnce = 50

/** Without a set that a segment names, edge could compile no snapshot. */
async function missingMembers(
  archive: R2Bucket,
  environment: string,
  entities: readonly RestoredEntity[],
): Promise<Result<never> | undefined> {
  const named = entities.flatMap(({ kind, id, value }) => {
    const members = kind === 'segment' ? MemberSet.safeParse(value).data?.members : undefined
    return members ? [{ id, members }] : []
  })
  for (let i = 0; i < named.length; i += questionsAtOnce) {
    const some = named.slice(i, i + questionsAtOnce)
    const found = await Promise.all(some.map(({ members }) => hasMembers(archive, environment, members)))
    const missing = some.find((_, j) => !found[j])
    if (missing)
      return refuse(
        'INVALID',
        `segment ${missing.id}: its ${missing.members.count} members are not stored here`,
      )
  }
  return undefined
}

/** drizzle wraps what D1 says. */
const isConstraintFailure = (cause: unknown): boolean =>
  cause instanceof Error &&
  (/constraint failed|datatype mismatch/i.test(cause.message) || isConstraintFailure(cause.cause))

const toTable = (name: string): SavedTable | undefined => savedTableNames.find((each) => each === name)
const noTable = (name: string) => refuse('NOT_FOUND', `a backup has no table ${name}`)
const alive = (ids: readonly string[]) =>
  refuse('CONFLICT', `${ids.join(', ')} is there already: only an absent environment takes rows`)

/** An entity without what nobody may read: sealed, or undefined. */
async function withoutText(
  row: SavedRow,
  key: Uint8Array<ArrayBuffer> | undefined,
): Promise<SavedRow | undefined> {
  const { kind, environment_id: environment, id, value } = row
  if (!hasReadableSecrets(kind as Parameters<typeof hasReadableSecrets>[0])) return row
  if (!key) return undefined
  const sealed = await seal(key, newIv(), `${environment}/${kind}/${id}`, String(value))
  return { ...row, value: null, sealed }
}

async function unfit(
  database: Call['database'],
  table: SavedTable,
  rows: readonly SavedRow[],
): Promise<Result<never> | undefined> {
  const unknown = unknownColumns(table, rows)
  if (unknown.length > 0) return refuse('INVALID', `rows: ${table} has no ${unknown.join(', ')}`)
  if (rows.some((row) => Object.keys(row).length === 0)) return refuse('INVALID', 'rows: one is empty')
  const shape = (row: SavedRow) => Object.keys(row).join()
  if (rows.some((row) => shape(row) !== shape(rows[0]!)))
    return refuse('INVALID', 'rows: all must have the same columns')
  const column = environmentColumnOf(table)
  if (column !== undefined) {
    const living = await environmentsAmong(database, [...new Set(rows.map((row) => String(row[column])))])
    if (living.length > 0) return alive(living)
  }
  if (table === 'projects' || table === 'environments') {
    const lost = await ownersMissing(database, table, rows)
    if (lost !== undefined) return refuse('CONFLICT', lost)
  }
  if (column !== undefined) return undefined
  if (savedTables[table].restoring !== 'empty') return undefined
  const { revisions } = await readHeads(database)
  return Object.keys(revisions).length > 0
    ? refuse('CONFLICT', `${table} is restored only while there is no environment`)
    : undefined
}

async function restoreMembers({ request, env, params: { id, list } }: Call<typeof membersPath>) {
  if (!Slug.safeParse(id).success || !/^[\w-]{1,64}$/.test(list))
    return refuse('INVALID', 'the path names an environment and a list of members')
  const body = uploadOf(request)
  if (!body.ok) return body
  const writer = writeIds(env.LAKE, id, list)
  const set = memberSet()
  try {
    for await (const ids of idsIn(body.value, { kind: 'list' }, uploadBytesMax)) {
      const added = ids.filter((each) => set.add(each))
      if (set.size() > membersMax)
        throw new UploadError('TOO_LARGE', `a segment has at most ${membersMax} members`)
      await writer.write(added)
    }
    await writer.finish()
  } catch (cause) {
    await writer.abort()
    if (cause instanceof UploadError) return refuse(cause.code, cause.message)
    throw cause
  }
  const hashes = set.encode()
  const stores = { kv: env.SNAPSHOTS, archive: env.LAKE }
  return ok({ sha256: await publishMembers(stores, id, hashes), count: set.size() })
}
