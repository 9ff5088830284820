// Responses that are made from one revision. The headers that they share are built once per revision, because
// every `set` on a response is a call into the platform, and six of them cost more than a decision.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { type CorsPolicy, publicCorsHeaders } from './cors.ts'
import type { RequestContext } from './request-context.ts'

/** How long the client waited (W3C Server Timing). Cloudflare's clock stands still between I/O. */
export const serverTiming = (ms: number): string => `edge;dur=${ms}`

/** Waits of 0 to 15 ms share their headers. Longer ones are rare and get headers of their own. */
const sharedWaitsMs = 16

export interface RevisionSource {
  readonly compiled: CompiledSnapshot
  readonly requestContext: RequestContext
  /** Epoch milliseconds. */
  readonly now: number
}

/** Of each response that was built here: the policy that it was built for. */
const policies = new WeakMap<Response, CorsPolicy>()

/** Whether the response already carries `x-revision` and `server-timing`. */
export const hasRevisionHeaders = (response: Response): boolean => policies.has(response)

/**
 * Whether the response already carries the CORS headers of the policy. Those of `mirror` differ by request.
 */
export const hasCorsHeaders = (response: Response, policy: CorsPolicy): boolean =>
  policy.origin === '*' && policies.get(response) === policy

/**
 * Returns a function that builds responses with `x-revision`, `server-timing`, the public CORS headers if the
 * policy allows any origin, and the dialect's own headers. These may depend on the revision and on one
 * variant, such as an encoding.
 */
export function revisionResponder<Variant extends readonly [] | readonly [string]>(
  policy: CorsPolicy,
  headersOf: (compiled: CompiledSnapshot, ...variant: Variant) => Readonly<Record<string, string>>,
) {
  const cache = new WeakMap<CompiledSnapshot, Map<string | undefined, Headers[]>>()

  function sharedHeaders(waitedMs: number, compiled: CompiledSnapshot, variant: Variant): Headers {
    let byVariant = cache.get(compiled)
    if (!byVariant) cache.set(compiled, (byVariant = new Map()))
    let byWait = byVariant.get(variant[0])
    if (!byWait) byVariant.set(variant[0], (byWait = []))
    return (byWait[waitedMs] ??= build(waitedMs, compiled, variant))
  }

  const build = (waitedMs: number, compiled: CompiledSnapshot, variant: Variant) =>
    new Headers({
      ...headersOf(compiled, ...variant),
      ...(policy.origin === '*' && publicCorsHeaders),
      'x-revision': String(compiled.revision),
      'server-timing': serverTiming(waitedMs),
    })

  return (
    body: BodyInit | null,
    { compiled, requestContext, now }: RevisionSource,
    init: Omit<ResponseInit, 'headers'>,
    ...variant: Variant
  ): Response => {
    const waitedMs = now - (requestContext.startedAt ?? now)
    const isShared = waitedMs >= 0 && waitedMs < sharedWaitsMs
    const headers = (isShared ? sharedHeaders : build)(waitedMs, compiled, variant)
    const response = new Response(body, { ...init, headers }) // copies the headers, so they can be shared
    policies.set(response, policy)
    return response
  }
}
