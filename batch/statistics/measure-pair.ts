// Two arms of which means or ratios are compared, by their difference with the pooled variance.
import type { ArmCounts, Pair } from './comparison.ts'
import { type Measure, type NoEffectReason, pooledEffect, pooledVariance } from './effect.ts'
import type { Interval } from './inference.ts'

/**
 * Users who reached the goal, in each arm: below, the normal approximation does not hold for values as skewed
 * as revenue (docs/statistics.md).
 */
export const reachedMin = 100
/** Without a plan, most lifts are within so much of the mean, as for conversions. */
export const expectedLift = 0.15
/**
 * And at least so much of a standard deviation, about 15 % of a rate of one in a thousand: of means near 0,
 * as of profits and losses, a share is next to nothing, and an interval that is tuned to next to nothing is
 * wide. Being tuned to too much costs little.
 */
const expectedDeviations = 0.005

/** Without a plan, the standard deviation of effects on this mean; `spread` is the variance of one unit. */
export const expectedOf = (mean: number, spread: number): number =>
  Math.max(expectedLift * Math.abs(mean), expectedDeviations * Math.sqrt(spread))

const isMeasure = (measure: ArmCounts['measure']): measure is Measure =>
  measure !== undefined && !('kind' in measure)

/** Why the two cannot be compared; undefined if they can. */
export function unreadableMeasures(baseline: ArmCounts, arm: ArmCounts): string | undefined {
  for (const { variationId, measure } of [baseline, arm])
    if (measure && 'kind' in measure) return `in ${variationId}, ${words[measure.reason]}`
  if (baseline.conversions + arm.conversions === 0) return 'nobody reached the goal'
  const few = [baseline, arm].find(({ conversions }) => conversions < reachedMin)
  if (few)
    return (
      `${few.conversions} users of ${few.variationId} reached the goal; ${reachedMin} are needed in each ` +
      'variation'
    )
  if (!isMeasure(baseline.measure) || !isMeasure(arm.measure)) return 'it has no values'
  const effect = pooledEffect(baseline.measure, arm.measure)
  return effect.kind === 'none' ? noEffectWords[effect.reason] : undefined
}

const words: Record<NoEffectReason, string> = {
  'empty-arm': 'there are no values',
  'more-conversions-than-users': 'more users reached the goal than there are',
  'no-variance': 'there is no variance in the values',
  'baseline-near-zero': 'the mean is too near to 0',
  'no-denominator': 'there are no events of the denominator',
  'not-finite': 'values are not finite or too large to be added up',
}
const noEffectWords: Record<NoEffectReason, string> = {
  ...words,
  'no-variance': 'all values are equal, so nothing tells how far they vary',
}

export function measurePair(baseline: ArmCounts, arm: ArmCounts): Pair {
  const [a, b] = [baseline.measure, arm.measure]
  if (!isMeasure(a) || !isMeasure(b)) throw new Error('A readable arm has no measure.')
  const found = pooledEffect(a, b)
  if (found.kind === 'none') throw new Error(`A readable arm has no effect: ${found.reason}`)
  // The plan is in users, also where converting users are the units.
  const effect = { ...found, n: baseline.users + arm.users }
  const spread = pooledVariance(a, b)
  const unit = Math.sqrt(spread)
  const information = (a.n * b.n) / (a.n + b.n)
  const same = (interval: Interval) => interval
  return {
    effect,
    expectedEffect: expectedOf((a.n * a.mean + b.n * b.mean) / (a.n + b.n), spread),
    score: { score: (effect.estimate * information) / unit, information },
    unit,
    fromDifference: same,
    toDifference: same,
    difference: effect.estimate,
    toRelative: (interval, times = 1) =>
      ratioInterval(interval, a.mean, b.mean, spread / a.n / times, spread / b.n / times),
    relative: a.mean > 0 ? b.mean / a.mean - 1 : undefined,
  }
}

/**
 * Fieller's interval (1954) of mB / mA - 1 that belongs to an interval of mB - mA: at each end, the ratio r
 * for which mB - r mA is as many of its standard errors away from 0 as the end of the difference is from the
 * estimate. So both exclude 0 together. Undefined if the baseline is no clear number above 0.
 */
function ratioInterval(
  { low, high }: Interval,
  mean: number,
  other: number,
  variance: number,
  otherVariance: number,
): Interval | undefined {
  const error = Math.sqrt(variance + otherVariance)
  const below = ratioBound((other - mean - low) / error, -1, mean, other, variance, otherVariance)
  const above = ratioBound((high - other + mean) / error, 1, mean, other, variance, otherVariance)
  return below === undefined || above === undefined ? undefined : { low: below - 1, high: above - 1 }
}

/** The bound of the ratio of means, so many standard errors to one side; undefined if there is none. */
export function ratioBound(
  errors: number,
  side: 1 | -1,
  mean: number,
  other: number,
  variance: number,
  otherVariance: number,
): number | undefined {
  const square = errors ** 2
  const denominator = mean ** 2 - square * variance
  if (!(mean > 0 && denominator > 0)) return undefined
  const root = mean ** 2 * otherVariance + other ** 2 * variance - square * variance * otherVariance
  return (mean * other + side * errors * Math.sqrt(Math.max(0, root))) / denominator
}
