// When each job runs next, and how its runs ended. Pure: time and randomness are arguments.
import type { JobName, Schedule } from './schedule.ts'

/** `timeout`: it was ended because it took too long. `crash`: it ended by a signal or a bug. */
export const outcomes = ['done', 'failed', 'timeout', 'crash'] as const
export type Outcome = (typeof outcomes)[number]

/** Times are in epoch milliseconds. */
export interface Run {
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: Outcome
  /** Null if it ended by a signal. */
  readonly exitCode: number | null
}

export interface JobState {
  readonly schedule: Schedule
  readonly nextAt: number
  /** Of the run that is going on. */
  readonly startedAt?: number
  readonly last?: Run
  /** When the last run that was done began; it has seen what was there by then. */
  readonly doneAt?: number
}

/** The share of the interval by which runs of several runners drift apart. */
const jitter = 0.1
/** Runs of a job that takes longer than its interval do not follow each other without a pause. */
const pauseMinMs = 1_000
/** So many intervals may pass without success before a job is late. */
const intervalsMissedMax = 3

/** All jobs begin at once: the first runs say what does not work. `random` gives numbers in [0, 1). */
export const begin = (schedules: readonly Schedule[], now: number, random: () => number): JobState[] =>
  schedules.map((schedule) => ({ schedule, nextAt: now + random() * pauseMinMs }))

export const isDue = ({ nextAt, startedAt }: JobState, now: number): boolean =>
  startedAt === undefined && nextAt <= now

export const started = (state: JobState, now: number): JobState => ({ ...state, startedAt: now })

export function finished(
  { schedule, startedAt = 0, doneAt }: JobState,
  { exitCode, isTimeout }: { readonly exitCode: number | null; readonly isTimeout: boolean },
  now: number,
  random: () => number,
): JobState {
  const outcome = isTimeout ? 'timeout' : outcomeOf(exitCode)
  const success = outcome === 'done' ? startedAt : doneAt
  const wanted = startedAt + schedule.everyMs * (1 + jitter * (2 * random() - 1))
  return {
    schedule,
    nextAt: Math.max(wanted, now + pauseMinMs),
    last: { startedAt, durationMs: now - startedAt, outcome, exitCode },
    ...(success !== undefined && { doneAt: success }),
  }
}

/** 9: experiments wait for users. 1: a bug, which says so itself. */
function outcomeOf(exitCode: number | null): Outcome {
  if (exitCode === 0 || exitCode === 9) return 'done'
  return exitCode === null || exitCode === 1 ? 'crash' : 'failed'
}

/** Whether it has not been done for three intervals and the time that a run may take. */
export function isLate({ schedule, doneAt }: JobState, now: number, begunAt: number): boolean {
  const { everyMs, timeoutMs } = schedule
  return now - (doneAt ?? begunAt) > intervalsMissedMax * everyMs + timeoutMs
}

/** Every job has been done once, and none is late. */
export const isReady = (states: readonly JobState[], now: number, begunAt: number): boolean =>
  states.every((state) => state.doneAt !== undefined && !isLate(state, now, begunAt))

export const nextTime = (states: readonly JobState[]): number =>
  states.reduce(
    (earliest, { nextAt, startedAt }) => (startedAt === undefined ? Math.min(earliest, nextAt) : earliest),
    Infinity,
  )

export const stateOf = (states: readonly JobState[], job: JobName): JobState =>
  states.find(({ schedule }) => schedule.job === job)!
