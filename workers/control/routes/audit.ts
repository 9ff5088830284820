// Routes of the audit trails of environments and organisations.
import * as z from 'zod'
import { withoutSecrets } from '../../../core/change/redaction.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import {
  type AuditFilter,
  type AuditTrail,
  environmentTrail,
  organisationTrail,
} from '../../storage/audit.ts'
import { hasRole } from '../auth/access.ts'
import { AuditDetail, AuditEntry } from '../api/shapes.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import type { Call } from '../api/call.ts'
import { route } from '../api/route.ts'
import { HistoryEntry } from '../api/history-schema.ts'

const ndjson = 'application/x-ndjson'
const idLengthMax = 200

const Entity = z
  .string()
  .max(2 * idLengthMax)
  .regex(/^[a-zA-Z-]+:./, 'a kind and an id: `flag:new-checkout`')
  .transform((text) => ({ kind: text.slice(0, text.indexOf(':')), id: text.slice(text.indexOf(':') + 1) }))
const Time = z.coerce.number().int().min(0)
const Query = PageQuery.extend({
  actor: z.string().max(idLengthMax).optional().describe('Id of the token or member.'),
  kind: z.string().max(idLengthMax).optional().describe('Kind of the command: `update-flag`.'),
  entity: Entity.optional().describe('A changed entity: `flag:new-checkout`.'),
  from: Time.optional().describe('Epoch milliseconds, inclusive.'),
  to: Time.optional().describe('Epoch milliseconds, exclusive.'),
})

const Entries = z.strictObject({ entries: z.array(AuditEntry), nextCursor: NextCursor })
const exportNote = `With \`Accept: ${ndjson}\`, returns all matching entries in full, one per line.`

async function list(
  call: Call<string, z.output<typeof Query>>,
  trail: AuditTrail,
): Promise<Result<z.output<typeof Entries>> | Response> {
  const { limit, cursor, ...filter } = call.query
  if (call.request.headers.get('accept')?.includes(ndjson)) return download(call, trail, filter)
  const entries = await trail.list(filter, Number(cursor?.[0] ?? Number.MAX_SAFE_INTEGER), limit + 1)
  const { rows, ...next } = pageOf(entries, limit, ({ number }) => [number])
  return ok({ entries: rows.map((row) => forCaller(call, row)), ...next })
}

/** Entries read at a time. One entry can hold a whole import. */
const downloadBatchSize = 10

/** Reads the trail only as fast as the client does, so its length does not matter for memory. */
function download(call: Call, trail: AuditTrail, filter: AuditFilter): Response {
  let before = Number.MAX_SAFE_INTEGER
  const encoder = new TextEncoder()
  const lines = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const batch = await trail.list(filter, before, downloadBatchSize)
      for (const { number } of batch) {
        const entry = await trail.read(number)
        if (entry) controller.enqueue(encoder.encode(`${JSON.stringify(forCaller(call, entry))}\n`))
        before = number
      }
      if (batch.length < downloadBatchSize) controller.close()
    },
  })
  return new Response(lines, { headers: { 'content-type': ndjson, 'cache-control': 'no-store' } })
}

async function read(
  call: Call,
  trail: AuditTrail,
  text: string,
): Promise<Result<z.output<typeof AuditDetail>>> {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1
  const entry = await trail.read(number)
  return entry ? ok(forCaller(call, entry)) : refuse('NOT_FOUND', `there is no entry ${text}`)
}

/** Without secrets; the origin, which has an IP address, is for admins only. */
function forCaller<T extends { readonly origin: object | null }>(call: Call, entry: T): T {
  const redacted = withoutSecrets(entry, HistoryEntry)
  return hasRole(call.caller, 'admin', call.scope) ? redacted : { ...redacted, origin: null }
}

export const audit = [
  route({
    id: 'list-audit-of-environment',
    method: 'GET',
    path: '/environments/{environment}/audit',
    needs: 'viewer',
    summary: 'Lists the changes of an environment, newest first',
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
    summary: 'Reads one change of an environment in full',
    answer: AuditDetail,
    handle: (call) =>
      read(call, environmentTrail(call.database, call.params.environment), call.params.number),
  }),
  route({
    id: 'list-audit-of-organisation',
    method: 'GET',
    path: '/organisations/{organisation}/audit',
    needs: 'admin',
    summary: 'Lists the changes of members, tokens, projects and environments, newest first',
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
    summary: 'Reads one change of an organisation in full',
    answer: AuditDetail,
    handle: (call) =>
      read(call, organisationTrail(call.database, call.params.organisation), call.params.number),
  }),
]
