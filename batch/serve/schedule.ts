// Which jobs `serve` runs, and how often.
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'

export const jobNames = ['operations', 'experiments', 'compact', 'retain', 'replay'] as const
export type JobName = (typeof jobNames)[number]

export interface Schedule {
  readonly job: JobName
  readonly everyMs: number
  /** A run that takes longer is ended. */
  readonly timeoutMs: number
}

const [secondMs, minuteMs, hourMs] = [1_000, 60_000, 3_600_000]
const everyMinMs = 5 * secondMs
const everyMaxMs = 7 * 24 * hourMs
/** A kill switch forgets what it found an hour ago (core/model/operation-watch.ts). */
const operationsEveryMaxMs = 30 * minuteMs

/** Kill switches are urgent. Compaction keeps raw objects few, so it follows the hours of the lake. */
export const defaultSchedules: readonly Schedule[] = [
  { job: 'operations', everyMs: 15 * secondMs, timeoutMs: 5 * minuteMs },
  { job: 'experiments', everyMs: 10 * minuteMs, timeoutMs: hourMs },
  { job: 'compact', everyMs: hourMs, timeoutMs: 3 * hourMs },
  { job: 'retain', everyMs: 24 * hourMs, timeoutMs: 3 * hourMs },
  { job: 'replay', everyMs: hourMs, timeoutMs: hourMs },
]

/** `every` holds texts like `operations=30s`, or `compact=off`. */
export function readSchedules(every: readonly string[]): Result<Schedule[], Failure> {
  const chosen = new Map<string, number>()
  for (const text of every) {
    const [job = '', duration = '', ...rest] = text.split('=')
    if (!jobNames.includes(job as JobName) || rest.length > 0)
      return fail('usage', `--every takes JOB=DURATION, where JOB is ${jobNames.join(', ')}, not '${text}'.`)
    const everyMs = duration === 'off' ? Infinity : durationOf(duration)
    if (everyMs === undefined || everyMs < everyMinMs || (everyMs > everyMaxMs && everyMs !== Infinity))
      return fail(
        'usage',
        `--every takes 'off' or a duration from 5s to 7d, like 30s, 10m or 1h, not '${text}'.`,
      )
    if (job === 'operations' && everyMs !== Infinity && everyMs > operationsEveryMaxMs)
      return fail(
        'usage',
        'operations run every 30m or more often: a kill switch acts on fresh evidence only.',
      )
    chosen.set(job, everyMs)
  }
  const schedules = defaultSchedules
    .map((schedule) => ({ ...schedule, everyMs: chosen.get(schedule.job) ?? schedule.everyMs }))
    .filter(({ everyMs }) => everyMs !== Infinity)
  return schedules.length > 0 ? ok(schedules) : fail('usage', 'All jobs are off, so there is nothing to run.')
}

const units: Readonly<Record<string, number>> = { s: secondMs, m: minuteMs, h: hourMs, d: 24 * hourMs }

function durationOf(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * units[unit!]!
}
