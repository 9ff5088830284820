// CORS, as each dialect's vendor answers it.
import { exposedHeaders } from './request-context.ts'

export interface CorsPolicy {
  /** `mirror` lets any origin come with its credentials. */
  readonly origin: '*' | 'mirror'
  readonly methods: readonly string[]
  /** `mirror` allows whatever is asked for. */
  readonly headers: readonly string[] | 'mirror'
}

const maxAgeSeconds = '86400'
const exposed = exposedHeaders.join(',')

/** What lets any page read an answer. */
export const toEverybody = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposed,
} as const

export function preflight(request: Request, policy: CorsPolicy): Response {
  const { headers: asked } = request
  const headers = new Headers({
    'access-control-max-age': maxAgeSeconds,
    'access-control-allow-methods': policy.methods.join(','),
  })
  const allowed =
    policy.headers === 'mirror' ? asked.get('access-control-request-headers') : policy.headers.join(',')
  if (allowed !== null) headers.set('access-control-allow-headers', allowed)
  headers.append('vary', 'access-control-request-headers')
  allow(headers, policy, request)
  return new Response(null, { status: 204, headers })
}

/** Puts on an answer what lets the page that asked read it. */
export function allow(headers: Headers, { origin }: CorsPolicy, request: Request): void {
  const asked = origin === 'mirror' ? request.headers.get('origin') : null
  if (origin === '*') headers.set('access-control-allow-origin', '*')
  else if (asked !== null) {
    headers.set('access-control-allow-origin', asked)
    headers.set('access-control-allow-credentials', 'true')
    headers.append('vary', 'origin')
  }
  headers.set('access-control-expose-headers', exposed)
}
