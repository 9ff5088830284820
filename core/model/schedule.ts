// A scheduled change: an edit of one flag that is applied at a given time. The caller passes the time and
// sends the command.
import * as z from 'zod'
import { Id, Key } from './flag.ts'
import { FlagChanges } from './flag-draft.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Schedule = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: Key,
  changes: FlagChanges,
  /** Epoch milliseconds. */
  at: z.int().min(0),
  status: z.enum(['waiting', 'applied']),
  ...versioned,
})
export type Schedule = z.infer<typeof Schedule>

export const isScheduleDue = ({ status, at }: Schedule, now: number): boolean =>
  status === 'waiting' && now >= at
