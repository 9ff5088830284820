// Starts Tackline in one workerd, offline, with a state directory: as one Worker, or as its three parts where
// a test replaces one of them. For `npm start`, the demo and the tests.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { bundleWorker } from './bundle-worker.ts'
import { buildConsole } from './console-build.ts'
import { type FolderLock, isLock, lockFolder, replace } from './folder-lock.ts'
import { type FirstToken, isPrepared } from './local-database.ts'
import type { LocalWorkers } from './local-workers.ts'
import { logTo } from './log-file.ts'
import { startGroup } from './process-group.ts'
import { makeCertificate } from './self-signed.ts'
import { typescript } from './tool.ts'

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
   * Replacements for the three parts, or Workers before and behind them, for tests that simulate faults. With
   * them, Tackline is three Workers.
   */
  readonly configs?: Partial<Record<'front' | 'edge' | 'control' | 'ingest' | 'behind', string>>
  /** Is told in a sentence what does not stop the stack. Default: standard error. */
  readonly warn?: (sentence: string) => void
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

/**
 * Throws a sentence if the folder or the port is taken, if the console cannot be built, or if the stack does
 * not come up.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { directory, port, warn = console.error } = options
  mkdirSync(directory, { recursive: true })
  const lock = lockFolder(directory, port)
  process.once('exit', lock.release)
  const release = () => {
    process.off('exit', lock.release)
    lock.release()
  }
  try {
    await becomeFree(port, lock)
    if (lock.tookOver && lock.tookOver.ended.length > 0)
      warn(`What process ${lock.tookOver.pid}, which was killed, had left running in this folder was ended.`)
    return await startLocked(options, lock, release, warn)
  } catch (cause) {
    release()
    throw cause
  }
}

async function startLocked(
  { port, directory, state, https, configs }: StackOptions,
  lock: FolderLock,
  release: () => void,
  warn: (sentence: string) => void,
): Promise<Stack> {
  if (state === 'reset')
    for (const name of readdirSync(directory))
      if (!isLock(name)) rmSync(join(directory, name), { recursive: true, force: true })
  const token = ensureSecret(directory, 'token', 'tla_')
  const logPath = join(directory, 'workers.log')
  const certificate = https ? makeCertificate(directory) : undefined
  const chosen: Configs = configs ? { ...parts, ...configs } : { whole: 'wrangler.toml' }
  const preparing = Promise.all([
    prepareConfigs(directory, chosen),
    prepareDatabase(directory, lock, firstToken(token)),
    buildConsole(),
  ])
  const group = startGroup([...typescript, join(root, 'scripts/local-workers.ts')], {
    cwd: root,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' },
    stdin: 'pipe',
  })
  lock.addGroup(group.id)
  void group.gone.finally(release)
  const log = logTo(logPath, (reason) =>
    warn(`The log ${logPath} cannot be written (${reason}); lines are lost.`),
  )
  log(group.child.stdout!)
  log(group.child.stderr!)
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    await group.end(signal)
    await untilFree(port) // workerd ends shortly after the process that started it
  }
  const stack: Stack = {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    token,
    logPath,
    certPath: certificate?.certPath,
    exited: group.exited,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
  try {
    const [paths] = await preparing
    const workers: LocalWorkers = {
      configs: paths,
      port,
      state: join(directory, 'state'),
      certificate,
      variables: writeVariables(directory),
    }
    // If it has ended, that is what is told.
    group.child.stdin!.on('error', () => undefined).end(JSON.stringify(workers))
    await waitUntilReady(stack)
  } catch (cause) {
    await stack.kill()
    throw cause
  }
  return stack
}

const firstToken = (token: string): FirstToken => ({
  id: 'first-token',
  name: 'first token',
  sha256: createHash('sha256').update(token).digest('hex'),
  createdAt: Date.now(),
})

/** Whether a start has nothing to do to the folder's database. */
export function isPreparedFolder(directory: string): boolean {
  const path = join(directory, 'token')
  return existsSync(path) && isPrepared(join(directory, 'state'), firstToken(readFileSync(path, 'utf8')))
}

/** Gives a folder the token and the database that a first start gives it, so that a start finds them. */
export async function prepareFolder(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const lock = lockFolder(directory, 0)
  try {
    await prepareDatabase(directory, lock, firstToken(ensureSecret(directory, 'token', 'tla_')))
  } finally {
    lock.release()
  }
}

/** A secret of this directory. The first start creates it. */
function ensureSecret(directory: string, name: string, prefix: string): string {
  const path = join(directory, name)
  if (!existsSync(path)) replace(path, prefix + randomBytes(24).toString('hex'))
  return readFileSync(path, 'utf8')
}

/** Writes a file of what are secrets of the Workers on Cloudflare. */
export function writeVariables(directory: string, path = join(directory, 'variables.env')): string {
  const exposureSecret = ensureSecret(directory, 'exposure-secret', '')
  replace(path, `EXPOSURE_SECRET=${exposureSecret}\nLOG_REQUESTS=all\n`)
  return path
}

/** Runs prepare-database.ts, unless the database is as it should be. */
async function prepareDatabase(directory: string, lock: FolderLock, token: FirstToken): Promise<void> {
  const state = join(directory, 'state')
  if (isPrepared(state, token)) return
  const args = [...typescript, join(root, 'scripts/prepare-database.ts'), state, JSON.stringify(token)]
  const group = startGroup(args, { cwd: root, env: process.env })
  lock.addGroup(group.id)
  let output = ''
  for (const stream of [group.child.stdout!, group.child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  if ((await group.exited) === 0) return
  throw new Error(`the local database in ${directory} could not be prepared: ${output.trim()}`)
}

type Configs = NonNullable<StackOptions['configs']> & { readonly whole?: string }
const parts = {
  edge: 'workers/edge/wrangler.toml',
  control: 'workers/control/wrangler.toml',
  ingest: 'workers/ingest/wrangler.toml',
} satisfies Configs

/** Only the first is reached over HTTP. */
function prepareConfigs(
  directory: string,
  { front, whole, edge, control, ingest, behind }: Configs,
): Promise<string[]> {
  const inOrder = Object.entries({ front, whole, edge, control, ingest, behind })
  const given = inOrder.flatMap(([name, config]) => (config === undefined ? [] : [[name, config] as const]))
  return Promise.all(given.map(([name, config]) => prepareConfig(directory, name, config)))
}

/**
 * A configuration of the same Worker that is bundled already, that waits a second for a batch of events, and
 * that logs every request: what is sent can be seen at once.
 */
async function prepareConfig(directory: string, name: string, config: string): Promise<string> {
  const source = dirname(resolve(root, config))
  const own = join(directory, 'workers', name)
  mkdirSync(own, { recursive: true })
  const settings = readFileSync(resolve(root, config), 'utf8')
  await bundleWorker(resolve(source, /^main = "(.+)"$/m.exec(settings)![1]!), join(own, 'index.js'))
  const path = join(own, 'wrangler.toml')
  const changed = settings
    .replace(/^main = .+$/m, 'main = "index.js"')
    .replace(
      /^directory = "(.+)"$/m,
      (_, value: string) => `directory = ${JSON.stringify(resolve(source, value))}`,
    )
    .replace(/^\[build\]\n(?:.+\n)+/m, '') // done by whoever starts the stack
    .replaceAll(/max_batch_timeout = \d+/g, 'max_batch_timeout = 1')
    .replace('LOG_REQUESTS = "1%"', 'LOG_REQUESTS = "all"') // the file of variables is for the first Worker
  replace(path, changed)
  return path
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

/** Throws if something else listens there. What a killed stack left needs a moment to end. */
async function becomeFree(port: number, { tookOver }: FolderLock): Promise<void> {
  if (tookOver) await untilFree(port)
  const code = await whyTaken(port)
  if (code === 'EACCES')
    throw new Error(`port ${port} is not for this user: choose one from 1024 with --port`)
  if (code !== undefined)
    throw new Error(`port ${port} is in use: stop what runs there, or choose another with --port`)
}

/** The system's code; undefined if one can listen there. */
function whyTaken(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)))
  })
}

async function untilFree(port: number): Promise<void> {
  const deadline = Date.now() + 5_000
  while ((await whyTaken(port)) !== undefined && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50))
}
