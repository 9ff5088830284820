// A guardrail of an experiment: a goal that an arm may make worse by no more than a margin. An arm that beats
// the baseline is shipped only if each guardrail is shown to hold.
import * as z from 'zod'
import { Key } from './flag.ts'
import { metricValueMax } from './limits.ts'

/** How much worse is tolerated: a share of the baseline's figure (0.02 is two percent), or so much of it. */
export const Margin = z.union([
  z.strictObject({ relative: z.number().positive().lt(1) }),
  z.strictObject({ absolute: z.number().positive().max(metricValueMax) }),
])
export type Margin = z.infer<typeof Margin>

export const Guardrail = z.strictObject({ goalKey: Key, margin: Margin })
export type Guardrail = z.infer<typeof Guardrail>

/** Of an arm. `kept`: shown to be within the margin; `broken`: shown to be beyond it. */
export const guardrailOutcomes = ['kept', 'broken', 'open', 'not-measured'] as const

export const GuardrailReport = z.object({
  goalKey: z.string().min(1),
  variationId: z.string().min(1),
  outcome: z.enum(guardrailOutcomes),
  margin: Margin,
  /** Against the baseline, in the unit of the margin: 0.1 of a relative one is ten percent more. */
  estimate: z.number().nullable(),
  /** The worst change that is still possible, one-sided, at all looks together; null if there is no bound. */
  worst: z.number().nullable(),
  /** Until it is likely shown to hold at this traffic; null if not within a year, or if it is decided. */
  moreDays: z.number().min(0).nullable(),
  /** A sentence for a person. */
  reason: z.string().min(1),
})
export type GuardrailReport = z.infer<typeof GuardrailReport>
