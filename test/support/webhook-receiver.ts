// A receiver of webhooks on this machine that behaves as it is told, a resolver for its names, and control's
// configuration with both. Production sets none of these variables.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '../../scripts/self-signed.ts'

export interface Received {
  readonly at: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Behaviour = (response: ServerResponse, request: IncomingMessage, count: number) => void

export interface Receiver {
  /** What came, in order. */
  readonly received: Received[]
  /** What came to a path. */
  readonly at: (path: string) => Received[]
  /** How a path answers; `count`: how many requests it has got, with this one. Default: 200. */
  readonly behave: (path: string, behaviour: Behaviour) => void
  readonly origin: string
  /** The same with a certificate that nobody trusts. */
  readonly tlsOrigin: string
  readonly resolver: string
  /** For files; deleted when it closes. */
  readonly directory: string
  readonly close: () => Promise<void>
}

/** Public addresses by RFC 6890; nothing is sent to them. */
const publicAddresses = { A: '93.184.215.14', AAAA: '2606:2800:21f:cb07:6820:80da:af6b:8b2c' }
/** What the resolver says of names; of all others, that they are public. */
const resolutions: Record<string, Partial<typeof publicAddresses>> = {
  'private.example.com': { A: '10.0.0.8' },
  'half-private.example.com': { A: publicAddresses.A, AAAA: 'fd00::1' },
  'metadata.example.com': { A: '169.254.169.254' },
  'missing.example.com': {},
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const behaviours = new Map<string, Behaviour>()
  const at = (path: string) => received.filter((each) => each.path === path)
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const headers = request.headers as Record<string, string>
      received.push({ at: Date.now(), path, headers, body })
      const behaviour = behaviours.get(path)
      if (behaviour) behaviour(response, request, at(path).length)
      else response.end('ok')
    })
  }
  const resolve = (request: IncomingMessage, response: ServerResponse) => {
    const query = new URL(request.url ?? '', 'http://resolver').searchParams
    const name = query.get('name') ?? ''
    const type = query.get('type') as 'A' | 'AAAA'
    const data = (resolutions[name] ?? publicAddresses)[type]
    const answer = data === undefined ? [] : [{ name, type: type === 'A' ? 1 : 28, TTL: 60, data }]
    response.setHeader('content-type', 'application/dns-json')
    response.end(JSON.stringify({ Status: 0, Answer: answer }))
  }
  const directory = mkdtempSync(join(tmpdir(), 'tackline-receiver-'))
  const { keyPath, certPath } = makeCertificate(directory)
  const servers: Server[] = [
    createServer(handle),
    createTlsServer({ key: readFileSync(keyPath), cert: readFileSync(certPath) }, handle),
    createServer(resolve),
  ]
  const [port, tlsPort, resolverPort] = await Promise.all(servers.map(listen))
  return {
    received,
    at,
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    origin: `http://127.0.0.1:${port}`,
    tlsOrigin: `https://127.0.0.1:${tlsPort}`,
    resolver: `http://127.0.0.1:${resolverPort}/dns-query`,
    directory,
    close: async () => {
      await Promise.all(
        servers.map((server) => {
          if ('closeAllConnections' in server) (server.closeAllConnections as () => void)()
          return new Promise((done) => server.close(done))
        }),
      )
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const listen = (server: Server) =>
  new Promise<number>((done) =>
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
  )

const root = join(import.meta.dirname, '../..')

/** The path of control's own configuration, with the receiver in place of the names above and three more. */
export function controlWith(receiver: Receiver): string {
  const folder = join(root, 'workers/control')
  const connectTo = {
    'hooks.example.com': receiver.origin,
    'hooks.slack.com': receiver.origin,
    'untrusted.example.com': receiver.tlsOrigin,
    // they would be reached if only their names were looked at
    ...Object.fromEntries(Object.keys(resolutions).map((name) => [name, receiver.origin])),
  }
  const config = readFileSync(join(folder, 'wrangler.toml'), 'utf8')
    .replace('main = "index.ts"', `main = ${JSON.stringify(join(folder, 'index.ts'))}`)
    .replaceAll(/= "(\.\.\/[^"]+)"/g, (_, path: string) => `= ${JSON.stringify(join(folder, path))}`)
    .replace(/WEBHOOK_RESOLVER = .*/, `WEBHOOK_RESOLVER = ${JSON.stringify(receiver.resolver)}`)
    .replace(
      /CONSOLE_URL = .*/,
      `CONSOLE_URL = "https://flags.example.com"\nWEBHOOK_CONNECT_TO = ${JSON.stringify(JSON.stringify(connectTo))}`,
    )
    .replace(/EMAIL_FROM = .*/, 'EMAIL_FROM = "Tackline <flags@example.com>"\nEMAIL_TOKEN = "re_secret"')
    .replace(/EMAIL_ENDPOINT = .*/, `EMAIL_ENDPOINT = "${receiver.origin}/emails"`)
  const path = join(receiver.directory, 'control.toml')
  writeFileSync(path, config)
  return path
}
