// What counts as success: a tracking event by name. One per goal and user counts; values are summed.
import * as z from 'zod'
import { Key } from './flag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Goal = z.strictObject({
  key: Key,
  name: z.string().max(limits.nameLengthMax).default(''),
  /** Name of the tracking event that reaches this goal (Bucketeer: goal id; AB Tasty: event action, affiliation or location). */
  event: z.string().min(1).max(limits.valueLengthMax),
  ...versioned,
})
export type Goal = z.infer<typeof Goal>
