// A cheap HTTP client: each of its open connections sends the next request once the last one is answered.
import { connect } from 'node:net'

export interface LoadRequest {
  readonly port: number
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent in turn, one per request, so that the answers of one user cannot be remembered. */
  readonly bodies?: readonly string[]
}

export interface Load {
  readonly requests: number
  readonly seconds: number
}

/** Sends `requests` over `connections`. Throws if a response has another status. */
export async function load(
  request: LoadRequest,
  connections: number,
  requests: number,
  status: number,
): Promise<Load> {
  const texts = request.bodies ? request.bodies.map((body) => textOf(request, body)) : [textOf(request)]
  const requestsBytes = texts.map((text) => Buffer.from(text))
  let left = requests
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: connections }, () =>
      serveOne(
        request.port,
        () => (left-- > 0 ? requestsBytes[left % requestsBytes.length] : undefined),
        status,
      ),
    ),
  )
  return { requests, seconds: (performance.now() - startedAt) / 1_000 }
}

/** Sends one request and returns status and body. */
export async function once({ port, method, path, headers = {}, bodies }: LoadRequest) {
  const body = bodies?.[0]
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

function textOf({ method, path, headers = {} }: LoadRequest, body?: string): string {
  const all = {
    host: 'bench.test',
    ...headers,
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

function serveOne(port: number, nextRequest: () => Buffer | undefined, status: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    let missing = 0
    let head = ''
    const next = () => {
      const bytes = nextRequest()
      if (bytes) socket.write(bytes)
      else socket.end(resolve)
    }
    socket.on('connect', next)
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.on('data', (chunk: Buffer): unknown => {
      if (missing > 0) {
        missing -= chunk.length
        if (missing === 0) next()
        return
      }
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      if (!head.startsWith(`HTTP/1.1 ${status} `))
        return socket.destroy(new Error(`not ${status}: ${head.slice(0, 300)}`))
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      missing = end + 4 + length - head.length
      head = ''
      if (missing === 0) next()
    })
  })
}
