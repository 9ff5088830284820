// A proxy between AB Tasty's SDK and edge for tests of faults. It forwards requests and records the
// responses, hangs, or breaks the connection.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** `hangs`: accepts the request and never answers. `breaks`: closes the connection. Neither reaches edge. */
export type ProxyMode = 'passes' | 'hangs' | 'breaks'

export interface FaultProxy {
  readonly url: string
  /** Method, path and status, or the fault. */
  readonly calls: string[]
  readonly set: (mode: ProxyMode) => void
  readonly close: () => void
}

/** Hop-by-hop headers, which a proxy must not forward. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-encoding',
  'host',
  'keep-alive',
  'transfer-encoding',
])
const endToEnd = (headers: Iterable<readonly [string, string]>) =>
  Object.fromEntries([...headers].filter(([name]) => !hopByHop.has(name)))

export async function startFaultProxy(edgeUrl: string): Promise<FaultProxy> {
  let mode: ProxyMode = 'passes'
  const calls: string[] = []
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request
    const note = (end: string | number) => calls.push(`${method} ${url.split('?')[0]} ${end}`)
    if (mode === 'hangs') return void note('hangs')
    if (mode === 'breaks') {
      note('breaks')
      return void request.socket.destroy()
    }
    void (async () => {
      const body = method === 'GET' ? null : new Uint8Array(await buffer(request))
      const sent = endToEnd(Object.entries(headers).map(([name, value]) => [name, String(value)]))
      const answer = await fetch(edgeUrl + url, { method, headers: sent, body })
      note(answer.status)
      response.writeHead(answer.status, endToEnd(answer.headers))
      response.end(Buffer.from(await answer.arrayBuffer()))
    })().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    set: (next) => {
      mode = next
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
