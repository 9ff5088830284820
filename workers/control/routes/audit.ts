// The audit trail of an environment and of an organisation: who did what, when, why and from where.
import * as z from 'zod'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { type AuditFilter, type Trail, environmentTrail, organisationTrail } from '../../storage/audit.ts'
import { may } from '../auth/access.ts'
import { AuditDetail, AuditEntry } from '../api/shapes.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import type { Call } from '../api/call.ts'
import { route } from '../api/route.ts'
import { withoutHashes } from '../api/history-redaction.ts'

const ndjson = 'application/x-ndjson'
const idLengthMax = 200

const Entity = z
  .string()
  .max(2 * idLengthMax)
  .regex(/^[a-zA-Z-]+:./, 'a kind and an id: `flag:new-checkout`')
  .transform((text) => ({ kind: text.slice(0, text.indexOf(':')), id: text.slice(text.indexOf(':') + 1) }))
const Moment = z.coerce.number().int().min(0)
const Query = PageQuery.extend({
  actor: z.string().max(idLengthMax).optional().describe('Id of the token or member.'),
  kind: z.string().max(idLengthMax).optional().describe('What was done: `update-flag`.'),
  entity: Entity.optional().describe('To what it was done: `flag:new-checkout`.'),
  from: Moment.optional().describe('Epoch milliseconds, inclusive.'),
  to: Moment.optional().describe('Epoch milliseconds, exclusive.'),
})

const Entries = z.strictObject({ entries: z.array(AuditEntry), nextCursor: NextCursor })
const exportNote = `With \`Accept: ${ndjson}\`, every entry that the filters leave, whole, one a line.`

async function list(
  call: Call<string, z.output<typeof Query>>,
  trail: Trail,
): Promise<Result<z.output<typeof Entries>> | Response> {
  const { limit, cursor, ...filter } = call.query
  if (call.request.headers.get('accept')?.includes(ndjson)) return download(call, trail, filter)
  const found = await trail.list(filter, Number(cursor?.[0] ?? Number.MAX_SAFE_INTEGER), limit + 1)
  const { rows, ...next } = pageOf(found, limit, ({ number }) => [number])
  return ok({ entries: rows.map((row) => forCaller(call, row)), ...next })
}

/** Entries held in memory at a time: one can hold a whole import. */
const downloadStep = 10

/** Made as fast as it is read, so that a trail of any length needs no more memory than a step of it. */
function download(call: Call, trail: Trail, filter: AuditFilter): Response {
  let before = Number.MAX_SAFE_INTEGER
  const encoder = new TextEncoder()
  const lines = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await trail.list(filter, before, downloadStep)
      for (const { number } of step) {
        const entry = await trail.read(number)
        if (entry) controller.enqueue(encoder.encode(`${JSON.stringify(forCaller(call, entry))}\n`))
        before = number
      }
      if (step.length < downloadStep) controller.close()
    },
  })
  return new Response(lines, { headers: { 'content-type': ndjson, 'cache-control': 'no-store' } })
}

async function read(call: Call, trail: Trail, text: string): Promise<Result<z.output<typeof AuditDetail>>> {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1
  const entry = await trail.read(number)
  return entry ? ok(forCaller(call, entry)) : refuse('NOT_FOUND', `there is no entry ${text}`)
}

/** Addresses of colleagues are an admin's business only. */
function forCaller<T extends { readonly origin: object | null }>(call: Call, entry: T): T {
  const withoutSecrets = withoutHashes(entry)
  return may(call.caller, 'admin', call.place) ? withoutSecrets : { ...withoutSecrets, origin: null }
}

export const audit = [
  route({
    id: 'list-audit-of-environment',
    method: 'GET',
    path: '/environments/{environment}/audit',
    needs: 'viewer',
    summary: 'Who changed what in an environment, newest first',
    description: exportNote,
    query: Query,
    answer: Entries,
    downloads: [ndjson],
    handle: (call) => list(call, environmentTrail(call.database, call.params.environment)),
  }),
  route({
    id: 'read-audit-of-environment',
    method: 'GET',
    path: '/environments/{environment}/audit/{number}',
    needs: 'viewer',
    summary: 'One change of an environment, whole',
    answer: AuditDetail,
    handle: (call) =>
      read(call, environmentTrail(call.database, call.params.environment), call.params.number),
  }),
  route({
    id: 'list-audit-of-organisation',
    method: 'GET',
    path: '/organisations/{organisation}/audit',
    needs: 'admin',
    summary: 'Who changed members, tokens, projects and environments, newest first',
    description: exportNote,
    query: Query,
    answer: Entries,
    downloads: [ndjson],
    handle: (call) => list(call, organisationTrail(call.database, call.params.organisation)),
  }),
  route({
    id: 'read-audit-of-organisation',
    method: 'GET',
    path: '/organisations/{organisation}/audit/{number}',
    needs: 'admin',
    summary: 'One change of an organisation, whole',
    answer: AuditDetail,
    handle: (call) =>
      read(call, organisationTrail(call.database, call.params.organisation), call.params.number),
  }),
]
