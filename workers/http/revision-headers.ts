// The headers that all answers of a revision have in common, made once: each that is put on an answer by itself is a call into the platform, and
// six of them cost more than the decision that they are about.
import type { CompiledSnapshot } from '../../core/compile.ts'
import type { Visit } from './visit.ts'

/** How long the client was kept waiting (W3C Server Timing: milliseconds). Cloudflare's clock stands still between I/O. */
export const serverTiming = (ms: number): string => `edge;dur=${ms}`

/** Waits that many answers share. */
const keptMs = 16

/** `always`: the door's own. A response copies what it is given, so it may add to it. */
export function revisionHeaders(always: Readonly<Record<string, string>>) {
  const made = new WeakMap<CompiledSnapshot, Headers[]>()
  return (compiled: CompiledSnapshot, visit: Visit, now: number): Headers => {
    visit.isTold = true
    const waitedMs = now - (visit.startedAt ?? now)
    let byWait = made.get(compiled)
    if (!byWait) made.set(compiled, (byWait = []))
    const known = byWait[waitedMs]
    if (known) return known
    const revision = String(compiled.revision)
    const headers = new Headers({
      ...always,
      'x-revision': revision,
      'server-timing': serverTiming(waitedMs),
    })
    if (waitedMs >= 0 && waitedMs < keptMs) byWait[waitedMs] = headers
    return headers
  }
}
