// The event stream that tells web providers to fetch their flags again (OFREP 0.3, event streams).
// EventSource cannot send headers, so the key, or a ticket, is in the path, and the provider handles unnamed
// events only. Events contain no flags.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { toEntityTag } from '../../http/entity-tag.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { Ports } from '../../contracts/ports.ts'
import { openStream, revisionOf } from '../../streams/open-stream.ts'
import { authenticateListener, issueTicket } from '../../streams/ticket.ts'
import { apiKeyOf, authenticateCaller } from './request.ts'

export const streamPath = '/ofrep/v1/stream/'
export const ticketPath = `${streamPath}ticket`

/**
 * How long a revision counts as new: longer than an answer can be out of date (docs/architecture.md,
 * "Freshness") plus the time a page takes to open its stream.
 */
const newRevisionMs = 10_000
const firstUsedAt = new WeakMap<CompiledSnapshot, number>()

/**
 * The revision to assume for a new client, which does not say what it has. If the current revision is new,
 * the client may have flags of the one before, so it is notified, which costs a conditional request.
 */
function assumedRevision(compiled: CompiledSnapshot, now: number): number {
  const usedSince = firstUsedAt.get(compiled) ?? now
  firstUsedAt.set(compiled, usedSince)
  return now - usedSince < newRevisionMs ? compiled.revision - 1 : compiled.revision
}

export async function openRefetchStream(sdkRequest: SdkRequest, ports: Ports): Promise<Result<Response>> {
  const { request, path } = sdkRequest
  const key = path.slice(streamPath.length)
  const caller = await authenticateCaller(sdkRequest, ports, key, authenticateListener)
  if (!caller.ok) return caller
  const { compiled } = caller.value
  if (!settingsOf(compiled.snapshot).streams) return noStreams
  return openStream(request, compiled, ports, {
    since: revisionOf(request.headers.get('last-event-id')) ?? assumedRevision(compiled, ports.now()),
    write: (revision) =>
      `data: ${JSON.stringify({ type: 'refetchEvaluation', etag: toEntityTag(revision) })}`,
    headers: {},
    sha256: caller.value.key.sha256,
  })
}

/** A ticket, and the address that it opens. */
export async function answerTicket(sdkRequest: SdkRequest, ports: Ports): Promise<Result<Response>> {
  const { request, requestContext } = sdkRequest
  const caller = await authenticateCaller(sdkRequest, ports, apiKeyOf(request))
  if (!caller.ok) return caller
  if (!settingsOf(caller.value.compiled.snapshot).streams) return noStreams
  const issued = await issueTicket(caller.value, ports)
  if (!issued.ok) return issued
  const requestUri = `${requestContext.prefix ?? ''}${streamPath}${issued.value.ticket}`
  return ok(Response.json({ ...issued.value, requestUri }, { headers: { 'cache-control': 'no-store' } }))
}

const noStreams = refuse('NOT_FOUND', 'this environment offers no streams')
