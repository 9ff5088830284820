// Whether the effect of an experiment depends on the arm of another one that its users are in. It decides
// nothing: it is a warning that the two are not to be read apart.
import * as z from 'zod'
import { contrastsMax, overlapCellsMax } from './limits.ts'

const Count = z.int().min(0)

/** Users whom both experiments count, and how many of them reached the primary goal of the first. */
export const SharedUsers = z.object({
  variationId: z.string().min(1),
  otherVariationId: z.string().min(1),
  users: Count,
  conversions: Count,
})
export type SharedUsers = z.infer<typeof SharedUsers>

/** What is counted of a pair of experiments. */
export const OverlapCounts = z.object({
  /** The other experiment. */
  experimentId: z.string().min(1),
  baselineVariationId: z.string().min(1),
  /** Its place by its start among all others that users could ever share, from 1 on. */
  place: z.int().min(1),
  /** Empty if there are too many to store. */
  cells: z.array(SharedUsers).max(overlapCellsMax),
})
export type OverlapCounts = z.infer<typeof OverlapCounts>

export const interactionOutcomes = ['found', 'not-found', 'too-few-users', 'too-large'] as const

/** With the counts that it was found from: they are stored here only. */
export const Interaction = OverlapCounts.extend({
  outcome: z.enum(interactionOutcomes),
  /** The probability of ever finding one where there is none. */
  level: z.number().min(0).max(1),
  /** Natural logarithm of the pair's e-value; found at ln(1 / level). Null if it cannot be read yet. */
  evidence: z.number().nullable(),
  /** The clearest, each of an arm beside an arm of the other experiment. */
  contrasts: z
    .array(
      z.object({
        variationId: z.string(),
        otherVariationId: z.string(),
        /**
         * How much larger the difference to the baseline's conversion rate is beside the other's arm than
         * beside the other's baseline. The interval holds at all looks and for all contrasts of the pair.
         */
        difference: z.object({ estimate: z.number(), low: z.number(), high: z.number() }),
        evidence: z.number(),
      }),
    )
    .max(contrastsMax),
})
export type Interaction = z.infer<typeof Interaction>
