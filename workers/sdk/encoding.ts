// Content negotiation for encodings (RFC 9110, 12.5.3).

export type Encoding = 'br' | 'gzip' | 'identity'

/** In order of preference: smallest result first. */
const offered = ['br', 'gzip'] as const

/**
 * Cloudflare replaces the `accept-encoding` of requests to Workers by its own, and keeps the client's in
 * `cf.clientAcceptEncoding`.
 */
export function acceptedEncoding(request: Request): Encoding {
  const { cf } = request as { cf?: { clientAcceptEncoding?: string } }
  return chooseEncoding(cf?.clientAcceptEncoding ?? request.headers.get('accept-encoding') ?? '')
}

/** Takes the value of an `accept-encoding` header. */
export function chooseEncoding(acceptEncoding: string): Encoding {
  if (acceptEncoding === '') return 'identity'
  const weights = new Map<string, number>()
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  return offered.find((name) => (weights.get(name) ?? weights.get('*') ?? 0) > 0) ?? 'identity'
}
