// A scheduled change: an edit of one flag that is made at a given time, once or again and again.
import * as z from 'zod'
import { FlagKey, Id } from './flag.ts'
import { FlagChanges } from './flag-draft.ts'
import { experimentChoices } from './experiment.ts'
import { Recurrence, nextOccurrence } from './recurrence.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

/**
 * `conflict`: the change could not be made as things are; it is tried at its time all the same. `refused`: it
 * could not be made at its time. `finished`: a recurring one is over.
 */
export const scheduleStatuses = [
  'waiting',
  'conflict',
  'applied',
  'refused',
  'finished',
  'cancelled',
] as const

export const Schedule = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: FlagKey,
  changes: FlagChanges,
  /** Epoch milliseconds. Of a recurring change: the next time, or the last one if there is no further. */
  at: z.int().min(0).max(limits.epochMsMax),
  /** Absent: once. */
  repeat: Recurrence.optional(),
  /** What becomes of an experiment that runs on the flag and that the change would disturb. */
  experiment: z.enum(experimentChoices).optional(),
  status: z.enum(scheduleStatuses),
  /** Why the change was not applied when its time had come. */
  refusal: z.strictObject({ at: z.int(), reason: z.string() }).optional(),
  /** Since when, and why, the change could not be made. */
  conflict: z.strictObject({ at: z.int(), reason: z.string() }).optional(),
  /** How often the change was made. */
  runs: z.int().min(0).optional(),
  /** What came of the last time. `dueAt` is absent if somebody had it made at once. */
  lastRun: z
    .strictObject({
      at: z.int(),
      dueAt: z.int().optional(),
      outcome: z.enum(['applied', 'refused', 'missed']),
      reason: z.string().optional(),
    })
    .optional(),
  ...versioned,
})
export type Schedule = z.infer<typeof Schedule>

/**
 * A change that could not be applied for longer than this is not made: control was away, or the environment
 * was archived, and what was right then may be wrong now.
 */
export const scheduleLateMaxMs = 3_600_000

/** Whether its time is to come, or has come and nothing has been made of it yet. */
export const isOpen = ({ status }: Pick<Schedule, 'status'>): boolean =>
  status === 'waiting' || status === 'conflict'

export const isScheduleDue = (schedule: Schedule, now: number): boolean =>
  isOpen(schedule) && now >= schedule.at

/**
 * The time that is made up for at `now`: the first within the last hour. Undefined if there is none. Several
 * that have passed together are made once.
 */
export function timeToMake({ at, repeat }: Schedule, now: number): number | undefined {
  const earliest = now - scheduleLateMaxMs
  const due = at >= earliest || !repeat ? at : nextOccurrence(repeat, earliest - 1)
  return due !== undefined && due >= earliest && due <= now ? due : undefined
}

/** As it waits after its time has come, whatever came of it. */
export function afterItsTime(schedule: Schedule, now: number, once: 'applied' | 'refused'): Schedule {
  const { repeat } = schedule
  const at = repeat && nextOccurrence(repeat, now)
  if (at !== undefined) return { ...schedule, at }
  return { ...schedule, status: repeat ? 'finished' : once }
}
