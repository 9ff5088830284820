// What is measured of a goal's events. Without a metric, a goal is about conversions: whether a user sent
// one.
import * as z from 'zod'
import * as limits from './limits.ts'

const Days = z.number().positive().max(limits.metricDaysMax)

/** Whose events count, and for how long. */
const timing = {
  /** Events count for so long after a user's first exposure; absent: until the experiment ends. */
  windowDays: Days.optional(),
  /** Only users whose first exposure is at least so long ago count; absent: all. */
  minimumAgeDays: Days.optional(),
}

/**
 * A user's sum above it counts as the cap. It is fixed before the start: a cap that follows the data is
 * none.
 */
const Cap = z.number().positive().max(limits.metricValueMax)

/** Of the same event before a user's first exposure: makes intervals narrower (CUPED). 0: none. */
const PriorDays = z.number().min(0).max(limits.metricDaysMax).optional()
export const priorDaysDefault = 14

/** Of a user's events: how many they are, or their values. */
const Summed = z.enum(['count', 'value'])

export const GoalMetric = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('conversion'), ...timing }),
  /** Events per user. */
  z.strictObject({ kind: z.literal('count'), cap: Cap.optional(), priorDays: PriorDays, ...timing }),
  /** The sum of values per user, also of those who sent none. */
  z.strictObject({ kind: z.literal('value'), cap: Cap.optional(), priorDays: PriorDays, ...timing }),
  /**
   * The sum of values per user who sent one. Who they are depends on the variation, so it decides nothing.
   */
  z.strictObject({ kind: z.literal('value-per-converter'), cap: Cap.optional(), ...timing }),
  /** Of all users' sums: of this event, per sum of another, such as orders per session. */
  z.strictObject({
    kind: z.literal('ratio'),
    sum: Summed.default('value'),
    denominator: z.strictObject({
      event: z.string().min(1).max(limits.valueLengthMax),
      sum: Summed.default('count'),
    }),
    cap: Cap.optional(),
    ...timing,
  }),
])
export type GoalMetric = z.infer<typeof GoalMetric>

export const conversion: GoalMetric = { kind: 'conversion' }

/** Whether it is counted as goals without a metric are. */
export const isPlainConversion = ({ kind, windowDays, minimumAgeDays }: GoalMetric): boolean =>
  kind === 'conversion' && windowDays === undefined && minimumAgeDays === undefined

export const capOf = (metric: GoalMetric): number | undefined => ('cap' in metric ? metric.cap : undefined)

/** 0 if the metric is not adjusted by what users did before. */
export const priorDaysOf = (metric: GoalMetric): number =>
  metric.kind === 'count' || metric.kind === 'value' ? (metric.priorDays ?? priorDaysDefault) : 0
