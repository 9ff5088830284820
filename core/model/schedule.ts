// A scheduled change: an edit of one flag that is applied at a given time. The caller passes the time and
// sends the command.
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

export const isScheduleDue = ({ status, at }: Schedule, now: number): boolean =>
  status === 'waiting' && now >= at
