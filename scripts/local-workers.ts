// Runs bundled Workers in one workerd, with the bindings that `wrangler dev` makes of their configurations.
// Wrangler itself puts a second workerd with a proxy before them, which reloads them when a source changes: a
// third to two thirds of what a request costs, and of a start. Nothing changes here.
// Reads a `LocalWorkers` as JSON from standard input: stack.ts starts it, in a process group of its own, and
// prepares what the Workers need while this loads wrangler.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { parseEnv } from 'node:util'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'

export interface LocalWorkers {
  /** Paths of wrangler's configurations. Only the first Worker is reached over HTTP. */
  readonly configs: readonly string[]
  readonly port: number
  /** Where D1, KV, R2 and the Durable Objects are kept. */
  readonly state: string
  readonly certificate?: { readonly keyPath: string; readonly certPath: string } | undefined
  /** A file, because anybody on the machine can read the arguments of a process. For the first Worker. */
  readonly variables: string
}

const { configs, port, state, certificate, variables } = (await json(process.stdin)) as LocalWorkers

const secrets = parseEnv(readFileSync(variables, 'utf8')) as Record<string, string>

function workersOf(config: string, isFirst: boolean): V4WorkerOptions[] {
  const { workerOptions, main, externalWorkers } = unstable_getMiniflareWorkerOptions(config)
  const { modulesRules: _, ...options } = workerOptions
  const name = /^name = "(.+)"$/m.exec(readFileSync(config, 'utf8'))![1]!
  const source = { name, modules: true, scriptPath: main!, modulesRoot: path.dirname(config) }
  const bindings = { ...(options.bindings as V4WorkerOptions['bindings']), ...(isFirst && secrets) }
  return [{ ...options, ...source, bindings }, ...externalWorkers]
}

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    port,
    ...(certificate && {
      https: true,
      httpsKey: readFileSync(certificate.keyPath, 'utf8'),
      httpsCert: readFileSync(certificate.certPath, 'utf8'),
    }),
    cf: false, // no network: a placeholder stands in for Request.cf
    log: new Log(LogLevel.INFO),
    logRequests: false, // the Workers log them, without keys and tickets in paths
    handleStructuredLogs: ({ level, message }) =>
      void (level === 'error' || level === 'warn' ? process.stderr : process.stdout).write(`${message}\n`),
    resourcePersistencePath: path.join(state, 'v3'),
    unsafeTriggerHandlers: true, // as `wrangler dev` has it: /cdn-cgi/handler/scheduled
    unsafeLocalExplorer: true, // and /cdn-cgi/explorer
    workers: configs.flatMap((config, index) => workersOf(config, index === 0)),
  }),
)
await miniflare.ready

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void miniflare.dispose().finally(() => process.exit()))
