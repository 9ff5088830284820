// Bundles the Worker as `wrangler deploy` does, runs it in a workerd of its own, and reads the time it
// spends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { run } from '../../scripts/tool.ts'

export type Spender = 'process' | 'thread'

export interface Server {
  readonly get: (path: string) => Promise<void>
  /**
   * The time spent so far by the process, or by the thread that decides: CPU time on Linux, else wall time.
   */
  readonly spentNs: (by: Spender) => number
  readonly stop: () => Promise<void>
}

/** Writes the bundle and workerd's configuration into the directory. */
export async function bundle(directory: string): Promise<void> {
  const settings = join(import.meta.dirname, 'wrangler.toml')
  const bundled = await run('wrangler', 'deploy', '--dry-run', '--config', settings, '--outdir', directory)
  if (!bundled.ok) throw new Error(`wrangler could not bundle the Worker: ${bundled.output}`)
  const compatibilityDate = /compatibility_date = "(.+)"/.exec(read(settings))![1]!
  writeFileSync(join(directory, 'config.capnp'), configOf(compatibilityDate))
}

export async function startServer(directory: string): Promise<Server> {
  const child = spawn(workerd(), ['serve', join(directory, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const port = await portOf(child)
  return {
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`)
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      await response.arrayBuffer()
    },
    spentNs: (by) => spentBy(child.pid!, by),
    async stop() {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** Resolved from wrangler, because workerd is wrangler's dependency. */
const wranglers = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'))
export const workerd = () => (wranglers('workerd') as { default: string }).default
export const workerdVersion = () => (wranglers('workerd/package.json') as { version: string }).version

const configOf = (compatibilityDate: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bench", worker = .bench)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "bench")],
);
const bench :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
);
`

/** workerd reports on its control channel on which port it listens. */
async function portOf(child: ChildProcess): Promise<number> {
  let said = ''
  for await (const chunk of child.stdio[3] as Readable) {
    said += String(chunk)
    const port = /"event":"listen".*"port":(\d+)/.exec(said)?.[1]
    if (port) return Number(port)
  }
  throw new Error('workerd did not start')
}

/** Linux counts CPU time per thread. workerd decides on its first thread, whose id is the process's. */
export function spentBy(pid: number, by: Spender): number {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return performance.now() * 1e6
  return (by === 'process' ? readdirSync(tasks) : [String(pid)])
    .map((task) => Number(read(join(tasks, task, 'schedstat')).split(' ')[0]))
    .reduce((sum, each) => sum + each, 0)
}

function read(file: string): string {
  return readFileSync(file, 'utf8')
}
