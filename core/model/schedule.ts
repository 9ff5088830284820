// A scheduled change: an edit of one flag that is applied at a given time.
import * as z from 'zod'
import { FlagKey, Id } from './flag.ts'
import { FlagChanges } from './flag-draft.ts'
import { experimentChoices } from './experiment.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Schedule = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: FlagKey,
  changes: FlagChanges,
  /** Epoch milliseconds. */
  at: z.int().min(0),
  /** What becomes of an experiment that runs on the flag and that the change would disturb. */
  experiment: z.enum(experimentChoices).optional(),
  status: z.enum(['waiting', 'applied', 'refused']),
  /** Why the change was not applied when its time had come. */
  refusal: z.strictObject({ at: z.int(), reason: z.string() }).optional(),
  ...versioned,
})
export type Schedule = z.infer<typeof Schedule>

/**
 * A change that could not be applied for longer than this is refused: control was away, or the environment
 * was archived, and what was right then may be wrong now.
 */
export const scheduleLateMaxMs = 3_600_000

export const isScheduleMissed = ({ at }: Schedule, now: number): boolean => now > at + scheduleLateMaxMs

/** When the next change is due, in epoch milliseconds; undefined if none waits. */
export function nextScheduleAt(schedules: Iterable<Schedule>): number | undefined {
  let next: number | undefined
  for (const { status, at } of schedules)
    if (status === 'waiting' && (next === undefined || at < next)) next = at
  return next
}

export const isScheduleDue = ({ status, at }: Schedule, now: number): boolean =>
  status === 'waiting' && now >= at
