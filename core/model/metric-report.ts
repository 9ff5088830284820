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

/** A mean or ratio of one variation. */
export const VariationValue = z.object({
  /** As it was counted; after the cap, if there is one. */
  observed: z.number(),
  /** The same without the cap. */
  uncapped: z.number().optional(),
  /** The estimate, adjusted by what users did before if the metric is; null if too few reached the goal. */
  posterior: z
    .object({
      mean: z.number(),
      sd: z.number().min(0),
      q025: z.number(),
      median: z.number(),
      q975: z.number(),
    })
    .nullable(),
  sums: MetricSums,
})
export type VariationValue = z.infer<typeof VariationValue>

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
  /** What a reader has to know. */
  notes: z.array(z.string().min(1)),
})
export type MetricReport = z.infer<typeof MetricReport>
