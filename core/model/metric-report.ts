// What a result says of a goal with a metric: what was measured, and what it came to in each variation.
import * as z from 'zod'
import { GoalMetric } from './goal-metric.ts'

const Count = z.int().min(0)

/**
 * What a metric's events came to in one variation, about their means: sums of squares and products of what
 * differs from the mean. y is a unit's value, after the cap; d its denominator; x its value before.
 */
export const MetricSums = z.object({
  /** Users, or users who reached the goal. */
  units: Count,
  meanY: z.number(),
  yy: z.number().min(0),
  d: z.object({ mean: z.number(), dd: z.number().min(0), yd: z.number() }).optional(),
  x: z.object({ mean: z.number(), xx: z.number().min(0), xy: z.number() }).optional(),
  /** Without the cap. */
  uncapped: z.object({ mean: z.number(), yy: z.number().min(0) }).optional(),
})
export type MetricSums = z.infer<typeof MetricSums>

/** Of a posterior, against the baseline: in the unit of the value. */
export const DifferenceSummary = z.object({ mean: z.number(), q025: z.number(), q975: z.number() })
export type DifferenceSummary = z.infer<typeof DifferenceSummary>

/** A mean or ratio of one variation. */
export const VariationValue = z.object({
  /** As it was counted; after the cap, if there is one. */
  observed: z.number(),
  /** The same without the cap. */
  uncapped: z.number().optional(),
  /**
   * The estimate, in closed form adjusted by what users did before if the metric is; null if too few reached
   * the goal.
   */
  posterior: z
    .object({
      mean: z.number(),
      sd: z.number().min(0),
      q025: z.number(),
      median: z.number(),
      q975: z.number(),
    })
    .nullable(),
  /** Where a model of values gave the posterior; null for the baseline. */
  difference: DifferenceSummary.nullable().optional(),
  sums: MetricSums,
})
export type VariationValue = z.infer<typeof VariationValue>

/** Who has a value, and log-normal how much (batch/stan/models/hurdle.stan). */
export const ValueModel = z.object({
  prior: z.object({
    /** Of the share of users who have a value: Beta. */
    share: z.object({ alpha: z.number().positive(), beta: z.number().positive() }),
    /** Of a value's natural logarithm: normal; its spread, in each variation: half-normal, bounded. */
    logValue: z.object({
      location: z.number(),
      sd: z.number().positive(),
      spreadSd: z.number().positive(),
      spreadMax: z.number().positive(),
    }),
  }),
  /**
   * Posterior predictive checks: the probability that values of the model would have as high a mean as those
   * that were seen. Near 0 or 1, the model does not describe them.
   */
  checks: z.array(
    z.object({
      name: z.literal('mean'),
      variationId: z.string().min(1),
      probability: z.number().min(0).max(1),
    }),
  ),
})
export type ValueModel = z.infer<typeof ValueModel>

/** What was measured, of a goal with a metric. */
export const MetricReport = z.object({
  definition: GoalMetric,
  event: z.string().min(1),
  /** CUPED; absent if the metric takes none, null if nobody did anything before. */
  adjustment: z
    .object({
      theta: z.number(),
      /** Of a user's value and the one before: the share of the variance that should go. */
      rhoSquared: z.number().min(0).max(1),
      /** The share of the variance that is left. */
      varianceLeft: z.number().min(0),
    })
    .nullable()
    .optional(),
  /**
   * Above it are half a percent of all users' values, before the cap: where a next experiment may cap. Null
   * if nobody knows.
   */
  high: z.number().nullable(),
  /** Where Stan was asked for, of values per user; absent where the closed form stands in. */
  model: ValueModel.optional(),
  /** What a reader has to know. */
  notes: z.array(z.string().min(1)),
})
export type MetricReport = z.infer<typeof MetricReport>
