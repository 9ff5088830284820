// Two arms of which the shares of users who convert are compared, by the log odds ratio.
import type { Decision } from '../../core/model/experiment-result.ts'
import type { ArmCounts, Pair } from './comparison.ts'
import { proportionEffect } from './effect.ts'
import { proportionScore } from './fixed-horizon.ts'
import { expectedLogOdds, type Interval } from './inference.ts'

/** Conversions, and users without one, that the smaller arm expects if nothing differs. */
export const expectedConversionsMin = 10

/** Why the two cannot be compared; undefined if they can. */
export function unreadableConversions(
  baseline: ArmCounts,
  arm: ArmCounts,
  { kind }: Pick<Decision, 'kind'>,
): string | undefined {
  const users = baseline.users + arm.users
  const conversions = baseline.conversions + arm.conversions
  const share = Math.min(baseline.users, arm.users) / users
  const fewest = Math.min(conversions, users - conversions) * share
  // The test with a fixed horizon has an exact form for few conversions.
  const needed = kind === 'always-valid' ? expectedConversionsMin : Number.MIN_VALUE
  if (fewest >= needed) return undefined
  if (conversions === 0) return 'nobody converted'
  if (conversions === users) return 'everybody converted'
  return `${conversions} conversions are too few; the smaller arm should expect ${expectedConversionsMin}`
}

export function conversionPair(baseline: ArmCounts, arm: ArmCounts): Pair {
  const effect = proportionEffect(baseline, arm)
  if (effect.kind === 'none') throw new Error(`A readable arm has no effect: ${effect.reason}`)
  const rate = rateOf(baseline)
  const together = (baseline.conversions + arm.conversions) / (baseline.users + arm.users)
  const unit = Math.sqrt(together * (1 - together))
  return {
    effect,
    expectedEffect: expectedLogOdds,
    score: proportionScore(baseline, arm),
    unit,
    fromDifference: (difference) => toLogOdds(difference, baseline, arm, unit),
    toDifference: ({ low, high }) => ({
      low: relativeOf(low, rate) * rate,
      high: relativeOf(high, rate) * rate,
    }),
    difference: arm.conversions / arm.users - baseline.conversions / baseline.users,
    toRelative: ({ low, high }) => ({ low: relativeOf(low, rate), high: relativeOf(high, rate) }),
    relative: relativeOf(effect.estimate, rate),
  }
}

/** With half a conversion on each side, so that it is neither 0 nor 1. */
export const rateOf = ({ conversions, users }: ArmCounts): number => (conversions + 0.5) / (users + 1)

/** The relative lift that a log odds ratio means at the baseline's rate; 0 exactly at 0. */
const relativeOf = (logOddsRatio: number, rate: number): number =>
  logOddsRatio === Infinity
    ? 1 / rate - 1
    : (Math.expm1(logOddsRatio) * (1 - rate)) / (1 + rate * Math.expm1(logOddsRatio))

/**
 * The interval of a difference of rates as one of log odds ratios. It keeps the test's z, so both exclude 0
 * together.
 */
function toLogOdds(difference: Interval, baseline: ArmCounts, arm: ArmCounts, unit: number): Interval {
  const [a, b] = [baseline.conversions / baseline.users, arm.conversions / arm.users]
  const observed = b - a
  // The slope of log odds between the two rates; at equal rates it is 1 / (p (1 - p)).
  const slope =
    a > 0 && a < 1 && b > 0 && b < 1 && Math.abs(observed) > 1e-12
      ? (logit(b) - logit(a)) / observed
      : 1 / unit ** 2
  return { low: difference.low * slope, high: difference.high * slope }
}

export const logit = (rate: number): number => Math.log(rate / (1 - rate))
