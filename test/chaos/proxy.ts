// Stands between the batch runner and the stack: the admin API and the event lake, on one address like the
// local stack. Answers of either get lost, late or damaged, and the runner can be killed at any request.
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { close, listen } from '../support/simulated-stack.ts'
import { drawFrom, type Faults, none } from './faults.ts'

/**
 * `busy`: 503. `breaks`: the connection, before the request arrives. `loses-answer`: after it was done.
 * `damages` and `empties` an object on its way; other answers are left alone.
 */
export const proxyFaults = ['busy', 'breaks', 'loses-answer', 'hangs', 'damages', 'empties'] as const
export type ProxyFault = (typeof proxyFaults)[number]

export interface ProxyPlan extends Faults<ProxyFault> {
  /** What the faults are of. */
  readonly at: 'lake' | 'api' | 'both'
  /** Nothing listens there. */
  readonly gone: 'lake' | 'api' | 'neither'
  /** The number of the request at which `kill` is called; 0: never. */
  readonly killAt: number
  readonly killWhen: 'before' | 'after'
}

export const noProxyFaults: ProxyPlan = {
  ...none,
  at: 'both',
  gone: 'neither',
  killAt: 0,
  killWhen: 'before',
}

export interface ChaosProxy {
  readonly url: string
  /** Until the next call. */
  begin(plan: ProxyPlan, kill: () => void): void
  close(): Promise<void>
}

const lakePath = '/cdn-cgi/local/r2/s3'
const objectPath = `${lakePath}/tackline-lake/`

export async function startChaosProxy(stackUrl: string): Promise<ChaosProxy> {
  let plan = noProxyFaults
  let next = drawFrom<ProxyFault>(plan)
  let kill = () => {}
  let requests = 0
  const { hostname, port } = new URL(stackUrl)

  async function forward(request: IncomingMessage): Promise<[IncomingMessage, Buffer]> {
    const { method, url: path, headers } = request
    const body = await buffer(request)
    // The host stays as it is, because it is signed.
    const sent = ask({ hostname, port, method, path, headers })
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      sent.on('response', resolve).on('error', reject),
    )
    sent.end(body)
    const answer = await answered
    return [answer, await buffer(answer)]
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/', method } = request
    const isLake = url.startsWith(lakePath)
    const fault = plan.at === 'both' || (plan.at === 'lake') === isLake ? next() : undefined
    const isKilled = ++requests === plan.killAt
    if (isKilled && plan.killWhen === 'before') return kill()
    if (fault === 'busy') return void response.writeHead(503, { 'retry-after': '0' }).end()
    if (fault === 'breaks') return void request.socket.destroy()
    if (fault === 'hangs') return
    const [answer, body] = await forward(request)
    if (isKilled) kill()
    if (isKilled || fault === 'loses-answer') return void request.socket.destroy()
    const isObject = method === 'GET' && url.startsWith(objectPath) && answer.statusCode === 200
    const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 500, headers)
    response.end(isObject && fault ? damaged(body, fault, plan.seed) : body)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })
  return {
    url: await listen(server),
    begin(newPlan, newKill) {
      plan = newPlan
      next = drawFrom(plan)
      kill = newKill
      requests = 0
    },
    close: () => close(server),
  }
}

const gzipHeaderBytes = 10

/** One byte of it is another one, or nothing is left. Of gzip's first ten bytes some say nothing. */
export function damaged(body: Uint8Array, how: string, seed: number): Uint8Array {
  if (how === 'empties') return new Uint8Array()
  if (how !== 'damages' || body.length === 0) return body
  const from = body.length > gzipHeaderBytes ? gzipHeaderBytes : 0
  const at = from + (seed % (body.length - from))
  return body.map((byte, i) => (i === at ? byte ^ 1 : byte))
}
