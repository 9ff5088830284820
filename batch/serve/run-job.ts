// A job of `serve` is a run of the command line in a process of its own: its memory ends with it, its crash
// is its own, and it can be ended when it takes too long.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Schedule } from './schedule.ts'

/** After being asked to end, before it is ended. */
const graceMs = 5_000

export interface JobEnd {
  readonly exitCode: number | null
  readonly isTimeout: boolean
}

export interface RunningJob {
  readonly ended: Promise<JobEnd>
  /** Asks it to end. All work can be done again. */
  stop(): void
}

export type RunJob = (schedule: Schedule, onLine: (line: string, isError: boolean) => void) => RunningJob

/** `args` are of every job: `--environment`, `--engine`. */
export function jobRunner(args: (job: Schedule['job']) => readonly string[]): RunJob {
  return ({ job, everyMs, timeoutMs }, onLine) => {
    const command = path.join(import.meta.dirname, '..', 'cli.ts')
    const child = spawn(process.execPath, [...process.execArgv, command, job, '--json', ...args(job)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TACKLINE_EVERY_MS: String(everyMs) },
    })
    createInterface({ input: child.stdout }).on('line', (line) => onLine(line, false))
    createInterface({ input: child.stderr }).on('line', (line) => onLine(line, true))
    let isTimeout = false
    const stop = () => {
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), graceMs).unref()
    }
    const timer = setTimeout(() => {
      isTimeout = true
      stop()
    }, timeoutMs)
    const ended = new Promise<JobEnd>((resolve) => {
      const end = (exitCode: number | null) => {
        clearTimeout(timer)
        resolve({ exitCode, isTimeout })
      }
      child.once('close', end)
      child.once('error', (error) => {
        onLine(String(error), true)
        end(null)
      })
    })
    return { ended, stop }
  }
}
