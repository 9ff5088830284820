// Tells web providers that it is time to ask again (OFREP 0.3, event streams). EventSource can send no
// headers, so the key is in the path; it listens to unnamed events alone. An event never holds a flag.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, refuse } from '../../../core/model/problem.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { authenticate } from '../../sdk/authenticate.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { Ports } from '../../contracts/ports.ts'
import { openStream, revisionOf } from '../../streams/open-stream.ts'

export const streamPath = '/ofrep/v1/stream/'

/**
 * How long a revision is young: longer than an answer is old (docs/architecture.md, "Freshness") and a page
 * takes to open its stream.
 */
const youngMs = 10_000
const firstMet = new WeakMap<CompiledSnapshot, number>()

/**
 * What a client has that does not say, since it is new. Where the revision is young, its flags may have been
 * read from the one before: it is told to ask again, which costs a conditional request where nothing changed.
 */
function presumed(compiled: CompiledSnapshot, now: number): number {
  const metAt = firstMet.get(compiled) ?? now
  firstMet.set(compiled, metAt)
  return now - metAt < youngMs ? compiled.revision - 1 : compiled.revision
}

export async function streamAnswer(
  { request, path, requestContext }: SdkRequest,
  ports: Ports,
): Promise<Result<Response>> {
  const caller = await authenticate(ports, requestContext, path.slice(streamPath.length))
  if (!caller.ok) return caller
  const { compiled } = caller.value
  if (!settingsOf(compiled.snapshot).streams) return refuse('NOT_FOUND', 'this environment offers no streams')
  return openStream(request, compiled, ports, {
    since: revisionOf(request.headers.get('last-event-id')) ?? presumed(compiled, ports.now()),
    write: (revision) => `data: ${JSON.stringify({ type: 'refetchEvaluation', etag: `"${revision}"` })}`,
    headers: {},
  })
}
