// Whether a process runs, and the npm above this one.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/**
 * False for one that has ended and waits for its parent. `began`: see `beganAt`; if given, another process
 * that got the same number does not count.
 */
export function isRunning(pid: number, began = ''): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const [state, current] = statusOf(pid)
  return state !== 'Z' && (current === undefined || began === '' || current === began)
}

/** When a process began, as the system writes it; empty if it does not say. */
export const beganAt = (pid: number): string => statusOf(pid)[1] ?? ''

/** The state letter of a process and when it began. */
function statusOf(pid: number): readonly [state?: string | undefined, began?: string | undefined] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8') // proc_pid_stat(5): the name may hold spaces
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [fields[0], fields[19]]
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
    const [state, ...began] = (stdout ?? '').trim().split(/\s+/)
    return state ? [state[0], began.join(' ')] : []
  }
}

/** The process id of the npm above a script: its parent, or the parent of the shell between the two. */
export function npmAbove(): number {
  const line = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(process.ppid)], { encoding: 'utf8' })
  const [, above = '', command = ''] = /^\s*(\d+)\s+(\S+)/.exec(line) ?? []
  return /^-?(ba|da|z|k)?sh$/.test(basename(command)) ? Number(above) : process.ppid
}

const watchMs = 1_000

/** Calls `then` once, within a second of the end of a process. Does not keep this one alive. */
export function whenEnded(pid: number, then: () => void): void {
  const watch = setInterval(() => {
    if (isRunning(pid)) return
    clearInterval(watch)
    then()
  }, watchMs).unref()
}
