// Starts all three Workers in one `wrangler dev`, offline, with a state directory. For `npm start`, the demo
// and the tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from './self-signed.ts'
import { prepareDatabase } from './local-database.ts'

const root = join(import.meta.dirname, '..')
const readyWithinMs = 60_000

export interface StackOptions {
  readonly port: number
  /** Holds the databases, the log and `local.json` with the token. */
  readonly directory: string
  /** Whether the data of an earlier run is kept or deleted. */
  readonly state: 'keep' | 'reset'
  /** TLS with a new certificate, which this process trusts. */
  readonly https?: boolean | undefined
  /**
   * Replacements for the product's Workers, or Workers before and behind them, for tests that simulate
   * faults.
   */
  readonly configs?: Partial<Record<'front' | 'edge' | 'control' | 'ingest' | 'behind', string>>
}

export interface Stack {
  readonly url: string
  /** An owner's API token. */
  readonly token: string
  readonly logPath: string
  /** With `https`: the certificate that clients must trust. */
  readonly certPath: string | undefined
  readonly exited: Promise<number | undefined>
  /** Stops it as Ctrl-C does. */
  readonly stop: () => Promise<void>
  /** Stops it as a power cut does: SIGKILL to all its processes. */
  readonly kill: () => Promise<void>
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const { port, directory, state } = options
  if (await isTaken(port))
    throw new Error(`port ${port} is in use: stop what runs there, or choose another with --port`)
  if (state === 'reset') rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const configs = { ...products, ingest: hastyIngest(directory), ...options.configs }
  const token = ensureToken(directory)
  await prepareDatabase(join(directory, 'state'), {
    id: 'first-token',
    name: 'first token',
    sha256: createHash('sha256').update(token).digest('hex'),
    createdAt: Date.now(),
  })
  const logPath = join(directory, 'wrangler.log')
  const certificate = options.https ? makeCertificate(directory) : undefined
  const child = launch(port, directory, logPath, configs, certificate)
  const exited = new Promise<number | undefined>((resolve) =>
    child.once('exit', (code) => resolve(code ?? undefined)),
  )
  const signal = async (name: NodeJS.Signals) => {
    killGroup(child, name)
    await exited
    await untilFree(port) // workerd ends shortly after wrangler
  }
  const stack: Stack = {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    token,
    logPath,
    certPath: certificate?.certPath,
    exited,
    stop: () => signal('SIGTERM'),
    kill: () => signal('SIGKILL'),
  }
  // If this process ends, also during the start, the stack ends too.
  const reap = () => killGroup(child, 'SIGKILL')
  process.once('exit', reap)
  void exited.then(() => process.off('exit', reap))
  try {
    await waitUntilReady(stack)
  } catch (cause) {
    await stack.kill()
    throw cause
  }
  return stack
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, signal)
}

/** The token of this directory. The first start creates it. */
function ensureToken(directory: string): string {
  const path = join(directory, 'token')
  if (!existsSync(path)) writeFileSync(path, `tla_${randomBytes(24).toString('hex')}`, { mode: 0o600 })
  return readFileSync(path, 'utf8')
}

type Configs = NonNullable<StackOptions['configs']>
const products = {
  edge: 'wrangler.toml',
  control: 'workers/control/wrangler.toml',
  ingest: 'workers/ingest/wrangler.toml',
} satisfies Configs

/** The product's ingest, which waits a second for a batch: what is sent can be seen at once. */
function hastyIngest(directory: string): string {
  const config = readFileSync(join(root, products.ingest), 'utf8')
  const path = join(directory, 'ingest.toml')
  const main = join(root, products.ingest, '../index.ts')
  const hasty = config
    .replace('main = "index.ts"', `main = ${JSON.stringify(main)}`)
    .replaceAll(/max_batch_timeout = \d+/g, 'max_batch_timeout = 1')
  writeFileSync(path, hasty)
  return path
}

function launch(
  port: number,
  directory: string,
  logPath: string,
  configs: Configs,
  certificate: Certificate | undefined,
): ChildProcess {
  const { front, edge, control, ingest, behind } = configs // only the first one is reached over HTTP
  const log = createWriteStream(logPath)
  const options = {
    'persist-to': join(directory, 'state'),
    ip: '127.0.0.1',
    port: String(port),
    'inspector-port': '0',
    'log-level': 'info',
    'show-interactive-dev-session': 'false',
    ...(certificate && {
      'local-protocol': 'https',
      'https-key-path': certificate.keyPath,
      'https-cert-path': certificate.certPath,
    }),
    var: 'EXPOSURE_SECRET:of-this-machine', // on Cloudflare, a secret of edge
  }
  const command = [
    join(root, 'node_modules/wrangler/bin/wrangler.js'),
    'dev',
    ...[front, edge, control, ingest, behind].flatMap((path) => (path === undefined ? [] : ['-c', path])),
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
  ]
  const environment = {
    ...process.env,
    CI: '1',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false', // no network: a placeholder stands in for Request.cf
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_LOG_PATH: directory,
    // With a shared registry, two stacks on one machine would bind to each other's Workers.
    WRANGLER_REGISTRY_PATH: join(directory, 'registry'),
    X_LOCAL_OBSERVABILITY: 'false',
  }
  // A process group of its own: wrangler starts workerd, and both must end.
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout!.pipe(log)
  child.stderr!.pipe(log)
  return child
}

async function waitUntilReady(stack: Stack): Promise<void> {
  const deadline = Date.now() + readyWithinMs
  let hasExited = false
  void stack.exited.then(() => (hasExited = true))
  while (Date.now() < deadline) {
    if (hasExited) throw new Error(`the stack ended while starting; its log is ${stack.logPath}`)
    const response = await fetch(`${stack.url}/healthz`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the stack did not answer within ${readyWithinMs / 1000} s; its log is ${stack.logPath}`)
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(true))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)))
  })
}

async function untilFree(port: number): Promise<void> {
  const deadline = Date.now() + 5_000
  while ((await isTaken(port)) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50))
}
