// A goal: the tracking event that counts as success, and what is measured of it.
import * as z from 'zod'
import { Key } from './flag.ts'
import { capOf, GoalMetric, isCappedByHistory } from './goal-metric.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Goal = z.strictObject({
  key: Key,
  name: z.string().max(limits.nameLengthMax).default(''),
  /** The name of the tracking event (Bucketeer: goal id; AB Tasty: event action, affiliation or location). */
  event: z.string().min(1).max(limits.valueLengthMax),
  /** Absent: conversions. */
  metric: GoalMetric.refine(
    (metric) => !(isCappedByHistory(metric) && capOf(metric) !== undefined),
    'name a cap, or let history tell it (capFromHistory): not both',
  ).optional(),
  ...versioned,
})
export type Goal = z.infer<typeof Goal>
