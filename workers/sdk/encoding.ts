// Which of the encodings we have is sent (RFC 9110, 12.5.3).

export type Encoding = 'br' | 'gzip' | 'identity'

/** Ours by preference: the smallest first. */
const offered = ['br', 'gzip'] as const

/**
 * Cloudflare asks Workers for gzip and Brotli whatever the client wants, and keeps what the client said
 * apart.
 */
export function acceptedEncoding(request: Request): Encoding {
  const { cf } = request as { cf?: { clientAcceptEncoding?: string } }
  return encodingFor(cf?.clientAcceptEncoding ?? request.headers.get('accept-encoding') ?? '')
}

export function encodingFor(accepted: string): Encoding {
  if (accepted === '') return 'identity'
  const weights = new Map<string, number>()
  for (const item of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  return offered.find((name) => (weights.get(name) ?? weights.get('*') ?? 0) > 0) ?? 'identity'
}
