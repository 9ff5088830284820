// Runs edge's bundle, the bare Worker and flagd's Worker in one workerd, each on a port of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { run } from '../../scripts/tool.ts'
import { spentBy, workerd } from '../workerd/server.ts'

/** `edge` logs nothing, `sampled` as many requests as a deployed edge, `logged` all. */
export const services = ['edge', 'sampled', 'logged', 'bare', 'flagd'] as const
export type Service = (typeof services)[number]

export interface EdgeServer {
  readonly port: (service: Service) => number
  /** CPU nanoseconds of the process so far, all threads. */
  readonly spentNs: () => number
  /** Resident memory in bytes. */
  readonly residentBytes: () => number
  /** The port of V8's inspector, if requested. */
  readonly inspector: number | undefined
  readonly stop: () => Promise<void>
}

export interface ServerOptions {
  readonly snapshot: string
  readonly flagdFlags: string
  readonly publish?: 'every second'
  /** Heap limit of an isolate, in MB. */
  readonly heapMax?: number
  /** Starts V8's inspector, which reports the heap of an isolate. */
  readonly inspects?: boolean
}

const root = join(import.meta.dirname, '../..')
const configs = {
  edge: join(root, 'workers/edge/wrangler.toml'),
  bare: join(import.meta.dirname, 'bare.toml'),
  flagd: join(import.meta.dirname, 'flagd.toml'),
  'stand-ins': join(import.meta.dirname, 'stand-ins.toml'),
}

/** Bundles all Workers as `wrangler deploy` does, into the directory. */
export async function bundleAll(directory: string): Promise<void> {
  for (const [name, config] of Object.entries(configs)) {
    const folder = join(directory, name)
    mkdirSync(folder, { recursive: true })
    const options = ['--dry-run', '--minify', '--config', config, '--outdir', folder]
    const bundled = await run('wrangler', 'deploy', ...options)
    if (!bundled.ok) throw new Error(`wrangler could not bundle ${name}: ${bundled.output}`)
  }
}

/** Cloudflare's memory limit of an isolate, in MB. */
export const isolateHeapMax = 128

export async function startEdge(
  directory: string,
  { snapshot, flagdFlags, publish, heapMax, inspects = false }: ServerOptions,
): Promise<EdgeServer> {
  writeFileSync(join(directory, 'snapshot.json'), snapshot)
  writeFileSync(join(directory, 'flagd.json'), flagdFlags)
  writeFileSync(join(directory, 'config.capnp'), configOf(publish, heapMax))
  const inspector = inspects ? ['--inspector-addr=127.0.0.1:0'] : []
  const child = spawn(workerd(), ['serve', join(directory, 'config.capnp'), '--control-fd=3', ...inspector], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const ports = await portsOf(child.stdio[3] as Readable, services.length + inspector.length)
  return {
    port: (service) => ports.get(service)!,
    inspector: ports.get('inspector'),
    spentNs: () => spentBy(child.pid!, 'process'),
    residentBytes: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1_024,
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

const configOf = (publish: string | undefined, heapMax: number | undefined) => {
  const deployed = readFileSync(configs.edge, 'utf8')
  const compatibilityDate = /compatibility_date = "(.+)"/.exec(deployed)![1]!
  const loggedShare = /LOG_REQUESTS = "(.+?)"/.exec(deployed)![1]!
  const worker = (file: string, bindings: string, more = '') => `(
  modules = [(name = "worker.js", esModule = embed "${file}.js")],
  compatibilityDate = "${compatibilityDate}",
  bindings = [${bindings}],${more}
)`
  const edge = `(name = "SNAPSHOTS", kvNamespace = "stand-ins"),
    (name = "ENVIRONMENT", durableObjectNamespace = (className = "Environment", serviceName = "stand-ins")),
    (name = "NOTIFIER", durableObjectNamespace = (className = "Environment", serviceName = "stand-ins")),
    (name = "RECENT", durableObjectNamespace = (className = "Environment", serviceName = "stand-ins")),
    (name = "INTAKE", durableObjectNamespace = (className = "Environment", serviceName = "stand-ins")),
    (name = "EVENTS", queue = "stand-ins"), (name = "CONTROL", service = "stand-ins")`
  const v8Flags = heapMax === undefined ? '' : `\n  v8Flags = ["--max-heap-size=${heapMax}"],`
  const sockets = services.map(
    (name) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}")`,
  )
  const published = publish ? `, (name = "PUBLISH", text = "${publish}")` : ''
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (${v8Flags}
  services = [
    (name = "edge", worker = .edge), (name = "logged", worker = .logged), (name = "sampled", worker = .sampled),
    (name = "bare", worker = .bare), (name = "flagd", worker = .flagd), (name = "stand-ins", worker = .standIns),
  ],
  sockets = [${sockets.join(', ')}],
);
const edge :Workerd.Worker = ${worker('edge/index', edge)};
const logged :Workerd.Worker = ${worker('edge/index', `${edge}, (name = "LOG_REQUESTS", text = "all")`)};
const sampled :Workerd.Worker = ${worker('edge/index', `${edge}, (name = "LOG_REQUESTS", text = "${loggedShare}")`)};
const bare :Workerd.Worker = ${worker('bare/bare', '(name = "EVENTS", queue = "stand-ins")')};
const flagd :Workerd.Worker = ${worker('flagd/flagd', '(name = "FLAGS", text = embed "flagd.json")')};
const standIns :Workerd.Worker = ${worker(
    'stand-ins/stand-ins',
    `(name = "SNAPSHOT", text = embed "snapshot.json")${published}`,
    `
  durableObjectNamespaces = [(className = "Environment", uniqueKey = "environment")],
  durableObjectStorage = (inMemory = void),`,
  )};
`
}

/** workerd reports on its control channel on which port each socket and the inspector listen. */
export async function portsOf(control: Readable, count: number): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  let said = ''
  for await (const chunk of control) {
    said += String(chunk)
    for (const line of said.split('\n').slice(0, -1)) {
      const { event, socket, port } = JSON.parse(line) as { event: string; socket?: string; port: number }
      ports.set(event === 'listen-inspector' ? 'inspector' : socket!, port)
    }
    if (ports.size === count) return ports
  }
  throw new Error('workerd did not start')
}
