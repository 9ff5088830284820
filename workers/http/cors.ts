// CORS, as each dialect's vendor answers it. The headers are put on the answer that is there: Hono's own middleware sets them before, and
// then has to make every answer twice.
import type { MiddlewareHandler } from 'hono'
import { type Visited, exposedHeaders } from './visit.ts'

export interface CorsPolicy {
  /** `mirror` lets any origin come with its credentials. */
  readonly origin: '*' | 'mirror'
  readonly methods: readonly string[]
  /** `mirror` allows whatever is asked for. */
  readonly headers: readonly string[] | 'mirror'
}

const maxAgeSeconds = '86400'
const exposed = exposedHeaders.join(',')

export function cors(policy: CorsPolicy): MiddlewareHandler<Visited> {
  const methods = policy.methods.join(',')
  const allowed = policy.headers === 'mirror' ? undefined : policy.headers.join(',')
  return async (c, next) => {
    const { req } = c
    if (req.method === 'OPTIONS') {
      const headers = new Headers({
        'access-control-max-age': maxAgeSeconds,
        'access-control-allow-methods': methods,
      })
      const asked = req.header('access-control-request-headers')
      const answered = allowed ?? asked
      if (answered !== undefined) headers.set('access-control-allow-headers', answered)
      headers.append('vary', 'access-control-request-headers')
      allow(headers, policy, req.header('origin'))
      return new Response(null, { status: 204, headers })
    }
    await next()
    allow(c.res.headers, policy, req.header('origin'))
    return undefined
  }
}

function allow(headers: Headers, { origin }: CorsPolicy, asked: string | undefined): void {
  if (origin === '*') headers.set('access-control-allow-origin', '*')
  else if (asked !== undefined) {
    headers.set('access-control-allow-origin', asked)
    headers.set('access-control-allow-credentials', 'true')
    headers.append('vary', 'origin')
  }
  headers.set('access-control-expose-headers', exposed)
}
