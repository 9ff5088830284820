// Starts a Node program as the first process of a process group, so that all that it starts (workerd,
// esbuild) can be ended with it. The group also ends if this process is killed, by end-with-parent.mjs.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const guard = join(import.meta.dirname, 'end-with-parent.mjs')
const compileCache = join(import.meta.dirname, '../node_modules/.cache/node')
const parentPipe = 3
const endsWithinMs = 5_000

export interface ProcessGroup {
  /** Of the first process, and of the group. */
  readonly id: number
  readonly child: ChildProcess
  /** When the first process has ended. Its code; undefined if a signal ended it. */
  readonly exited: Promise<number | undefined>
  /** When all of them have ended. */
  readonly gone: Promise<unknown>
  /** Sends the signal to all processes and waits until the group is gone, for five seconds at most. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

/** `args` are Node's: options, the program, its arguments. Node keeps what it compiled for the next start. */
export function startGroup(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly stdin?: 'pipe' },
): ProcessGroup {
  const child = spawn(process.execPath, ['--import', guard, ...args], {
    cwd: options.cwd,
    env: { NODE_COMPILE_CACHE: compileCache, ...options.env, TACKLINE_PARENT_PIPE: String(parentPipe) },
    detached: true,
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe', 'pipe'],
  })
  const exited = new Promise<number | undefined>((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => resolve(code ?? undefined))
  })
  const id = child.pid!
  // If this process ends, also during the start, the group ends too.
  const reap = () => signalGroup(id, 'SIGKILL')
  process.once('exit', reap)
  const endRest = async () => {
    if (!(await isGone(id, endsWithinMs))) signalGroup(id, 'SIGKILL')
    process.off('exit', reap)
  }
  const gone = exited.then(endRest, endRest)
  return {
    id,
    child,
    exited,
    gone,
    async end(signal) {
      signalGroup(id, signal)
      await gone
    },
  }
}

/** Whether no process of the group is left; waits for it. */
export async function isGone(id: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (signalGroup(id, 0)) {
    if (Date.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}

/** False if there is no such group. Signal 0 only asks. */
export function signalGroup(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-id, signal)
  } catch {
    return false
  }
}
