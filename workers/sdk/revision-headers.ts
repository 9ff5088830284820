// The headers that answers of a revision have in common, made once: each that is put on an answer by itself
// is a call into the platform, and six of them cost more than the decision that they are about.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { RequestContext } from './request-context.ts'

/**
 * How long the client was kept waiting (W3C Server Timing: milliseconds). Cloudflare's clock stands still
 * between I/O.
 */
export const serverTiming = (ms: number): string => `edge;dur=${ms}`

/** Waits that many answers share. */
const keptMs = 16

/**
 * `always`: the door's own, for each kind of answer that it tells apart. A response copies what it is given,
 * so it may be added to.
 */
export function revisionHeaders<Kind extends string = ''>(
  always: (kind: Kind, compiled: CompiledSnapshot) => Readonly<Record<string, string>>,
) {
  const made = new WeakMap<CompiledSnapshot, Map<string, Headers>>()
  return (
    compiled: CompiledSnapshot,
    requestContext: RequestContext,
    now: number,
    kind = '' as Kind,
  ): Headers => {
    requestContext.hasRevisionHeaders = true
    const waitedMs = now - (requestContext.startedAt ?? now)
    let known = made.get(compiled)
    if (!known) made.set(compiled, (known = new Map()))
    const name = `${waitedMs} ${kind}`
    let headers = known.get(name)
    if (headers) return headers
    const told = { 'x-revision': String(compiled.revision), 'server-timing': serverTiming(waitedMs) }
    headers = new Headers({ ...always(kind, compiled), ...told })
    if (waitedMs >= 0 && waitedMs < keptMs) known.set(name, headers)
    return headers
  }
}
