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
const capping = {
  cap: z.number().positive().max(limits.metricValueMax).optional(),
  /** The cap is where the last experiment on the goal had half a percent of its users above it. */
  capFromHistory: z.boolean().optional(),
}

/** Of the same event before a user's first exposure: makes intervals narrower (CUPED). 0: none. */
const PriorDays = z.number().min(0).max(limits.metricDaysMax).optional()
export const priorDaysDefault = 14

/** Of a user's events: how many they are, or their values. */
const Summed = z.enum(['count', 'value'])

export const GoalMetric = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('conversion'), ...timing }),
  /**
   * Whether a user sent an event on day n after the first exposure: from n days after it to n + 1. Only users
   * whose day is over count.
   */
  z.strictObject({
    kind: z.literal('retention'),
    day: z
      .int()
      .min(1)
      .max(limits.metricDaysMax - 1),
  }),
  /** Whether a user sent events of all names in this order, and then the goal's. */
  z.strictObject({
    kind: z.literal('funnel'),
    steps: z
      .array(z.string().min(1).max(limits.valueLengthMax))
      .min(1)
      .max(limits.funnelStepsMax)
      .refine((steps) => new Set(steps).size === steps.length, 'name one event twice'),
    ...timing,
  }),
  /** Events per user. */
  z.strictObject({ kind: z.literal('count'), ...capping, priorDays: PriorDays, ...timing }),
  /** The sum of values per user, also of those who sent none. */
  z.strictObject({ kind: z.literal('value'), ...capping, priorDays: PriorDays, ...timing }),
  /**
   * The sum of values per user who sent one. Who they are depends on the variation, so it decides nothing.
   */
  z.strictObject({ kind: z.literal('value-per-converter'), ...capping, ...timing }),
  /** Of all users' sums: of this event, per sum of another, such as orders per session. */
  z.strictObject({
    kind: z.literal('ratio'),
    sum: Summed.default('value'),
    denominator: z.strictObject({
      event: z.string().min(1).max(limits.valueLengthMax),
      sum: Summed.default('count'),
    }),
    ...capping,
    ...timing,
  }),
])
export type GoalMetric = z.infer<typeof GoalMetric>

export const conversion: GoalMetric = { kind: 'conversion' }

/** Of the share of users who reached the goal, whatever that takes; a later release may know other kinds. */
export const isOfShares = ({ kind }: { readonly kind: string }): boolean =>
  ['conversion', 'retention', 'funnel'].includes(kind)

/** Whether it is counted as goals without a metric are. */
export const isPlainConversion = (metric: GoalMetric): boolean =>
  metric.kind === 'conversion' && metric.windowDays === undefined && metric.minimumAgeDays === undefined

/** In days after a user's first exposure, half-open; undefined: at once, or until the experiment ends. */
export const eventDaysOf = (metric: GoalMetric) =>
  metric.kind === 'retention'
    ? { from: metric.day, to: metric.day + 1 }
    : { from: undefined, to: metric.windowDays }

/** Only users whose first exposure is so long ago count. */
export const minimumAgeOf = (metric: GoalMetric): number =>
  metric.kind === 'retention' ? metric.day + 1 : (metric.minimumAgeDays ?? 0)

/** Names of the events of a funnel, the goal's last; empty for other metrics. */
export const stepsOf = (metric: GoalMetric, event: string): readonly string[] =>
  metric.kind === 'funnel' ? [...metric.steps, event] : []

export const capOf = (metric: GoalMetric): number | undefined => ('cap' in metric ? metric.cap : undefined)

export const isCappedByHistory = (metric: GoalMetric): boolean =>
  'capFromHistory' in metric && metric.capFromHistory === true

/** As an experiment measures it, whose history says where to cap; undefined: nowhere. */
export const withCap = (metric: GoalMetric, cap: number | undefined): GoalMetric =>
  isCappedByHistory(metric) && cap !== undefined ? ({ ...metric, cap } as GoalMetric) : metric

/** What was asked of the goal, wherever an experiment found its cap. */
export function withoutFoundCap<M extends object>(metric: M): M {
  if (!('capFromHistory' in metric) || metric.capFromHistory !== true || !('cap' in metric)) return metric
  const { cap: _, ...rest } = metric
  return rest as unknown as M
}

/** 0 if the metric is not adjusted by what users did before. */
export const priorDaysOf = (metric: GoalMetric): number =>
  metric.kind === 'count' || metric.kind === 'value' ? (metric.priorDays ?? priorDaysDefault) : 0
