// CORS headers, by the policy of each dialect's vendor.

export interface CorsPolicy {
  /** `mirror` echoes the request's origin and allows credentials. */
  readonly origin: '*' | 'mirror'
  readonly methods: readonly string[]
  /** `mirror` allows the headers that the preflight request names. */
  readonly headers: readonly string[] | 'mirror'
}

/** How long a browser may cache a preflight response: a day. */
const maxAgeSeconds = '86400'

/** Response headers of all dialects that a page may read. */
const exposedHeaders = ['ETag', 'Retry-After', 'Server-Timing', 'X-Revision', 'X-Stale-Ms'].join(',')

/** Lets a page of any origin read a response, without credentials. */
export const publicCorsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposedHeaders,
} as const

export function preflightResponse(request: Request, policy: CorsPolicy): Response {
  const headers = new Headers({
    'access-control-max-age': maxAgeSeconds,
    'access-control-allow-methods': policy.methods.join(','),
  })
  const allowed =
    policy.headers === 'mirror'
      ? request.headers.get('access-control-request-headers')
      : policy.headers.join(',')
  if (allowed !== null) headers.set('access-control-allow-headers', allowed)
  headers.append('vary', 'access-control-request-headers')
  addCorsHeaders(headers, policy, request)
  return new Response(null, { status: 204, headers })
}

export function addCorsHeaders(headers: Headers, { origin }: CorsPolicy, request: Request): void {
  const requestOrigin = origin === 'mirror' ? request.headers.get('origin') : null
  if (origin === '*') headers.set('access-control-allow-origin', '*')
  else if (requestOrigin !== null) {
    headers.set('access-control-allow-origin', requestOrigin)
    headers.set('access-control-allow-credentials', 'true')
    headers.append('vary', 'origin')
  }
  headers.set('access-control-expose-headers', exposedHeaders)
}
