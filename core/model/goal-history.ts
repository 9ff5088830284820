// What earlier experiments told of a goal when an experiment on it was started. It is written down then and
// never changed, because a prior or a cap that follows the data is none.
import * as z from 'zod'
import { Id, Key } from './flag.ts'
import { metricValueMax } from './limits.ts'

/** An earlier experiment whose newest result told something, by its baseline. */
export const HistorySource = z.strictObject({
  experimentId: Id,
  /** Epoch milliseconds, of that result. */
  computedAt: z.int(),
  users: z.int().min(0),
  conversions: z.int().min(0),
})
export type HistorySource = z.infer<typeof HistorySource>

export const GoalHistory = z.strictObject({
  goalKey: Key,
  /** Absent: no earlier experiment told anything. */
  from: HistorySource.optional(),
  /** Of the rate, as a beta distribution; only of goals that are about shares. */
  prior: z.strictObject({ alpha: z.number().positive(), beta: z.number().positive() }).optional(),
  /** What a user's sum counts as at most; only of goals that are capped by history. */
  cap: z.number().positive().max(metricValueMax).optional(),
})
export type GoalHistory = z.infer<typeof GoalHistory>
