// What the runner found when it last counted for a holdout: the users whom it held back beside the others, by
// goal. No part of the configuration; each look replaces the one before.
import * as z from 'zod'
import { Comparison } from './experiment-result.ts'
import { Id, Key } from './flag.ts'
import * as limits from './limits.ts'

const count = z.int().min(0)
const Group = z.strictObject({ users: count, converted: count })

/** What holds back is the baseline: a comparison tells what everything new did. */
export const HoldoutGoal = z.strictObject({
  goalKey: Key,
  heldOut: Group,
  others: Group,
  /** Of the others with those who were held back; valid at every look. */
  comparison: Comparison.omit({ horizon: true }).extend({
    variationId: Id,
    reason: z.string().max(limits.descriptionLengthMax).optional(),
  }),
})
export type HoldoutGoal = z.infer<typeof HoldoutGoal>

export const HoldoutLook = z.strictObject({
  /** Epoch milliseconds. */
  at: z.int(),
  /** Whether the groups have the sizes that their slices say; undefined: too few users to tell. */
  sampleRatio: z.enum(['passed', 'failed', 'too-early']),
  goals: z.array(HoldoutGoal).max(limits.goalsPerExperimentMax),
})
export type HoldoutLook = z.infer<typeof HoldoutLook>
