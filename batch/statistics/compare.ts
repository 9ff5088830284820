// Compares each arm with the baseline: what is decided, and the interval that decides it, so that the two
// never contradict each other. Both kinds of decision are valid at every look.
import type { Comparison, Decision } from '../../core/model/experiment-result.ts'
import { daysUntil } from './days-until.ts'
import { compareAtHorizon, namedAtHorizon, stateOf } from './compare-at-horizon.ts'
import type { ArmCounts, CompareInput, Measured, Named } from './comparison.ts'
import { sequenceOf, type Interval, type Tuning } from './inference.ts'
import { closedByMeans } from './multiplicity.ts'
import { pairOf, unreadable } from './pair.ts'

const dayMs = 86_400_000

/** One for each variation but the baseline, in the order of the counts. */
export function compareArms(input: CompareInput): Comparison[] {
  const { counts, baselineVariationId, decision } = input
  const baseline = counts.find(({ variationId }) => variationId === baselineVariationId)
  const arms = counts.filter(({ variationId }) => variationId !== baselineVariationId)
  if (!baseline) return []
  const reasons = new Map(arms.map((arm) => [arm.variationId, unreadable(baseline, arm, decision)]))
  const readable = arms.filter(({ variationId }) => reasons.get(variationId) === undefined)
  const measured =
    decision.kind === 'always-valid'
      ? readable.map((arm) => measureAlways(baseline, arm, counts, decision))
      : compareAtHorizon(input, baseline, readable, decision)
  const named =
    decision.kind === 'always-valid'
      ? namedAlways(measured, decision.alpha, input.discovered)
      : namedAtHorizon(measured, input)
  return arms.map((arm) => {
    const one = measured.find(({ counts: { variationId } }) => variationId === arm.variationId)
    const side = named.get(arm.variationId)
    const horizon = stateOf(one?.horizon, arm.variationId, side, input)
    const reason = reasons.get(arm.variationId) ?? 'it cannot be read'
    const comparison = one ? toComparison(one, side, input) : notMeasured(arm.variationId, reason)
    return { ...comparison, ...(horizon && { horizon }) }
  })
}

export function measureAlways(
  baseline: ArmCounts,
  arm: ArmCounts,
  counts: readonly ArmCounts[],
  { alpha, usersPlanned }: { readonly alpha: number; readonly usersPlanned: number | null },
): Measured {
  const pair = pairOf(baseline, arm)
  const tuning = tuningOf(baseline, arm, counts, usersPlanned, pair.expectedEffect)
  const { low, high, cautious, logFactor } = sequenceOf(pair.effect, tuning, alpha)
  return { counts: arm, pair, tuning, interval: { low, high }, cautious, evidence: logFactor }
}

/** By the plan's users of the two arms, or without a plan by the effect to expect. */
export function tuningOf(
  baseline: ArmCounts,
  arm: ArmCounts,
  counts: readonly ArmCounts[],
  usersPlanned: number | null,
  expectedEffect: number,
): Tuning {
  const weights = counts.reduce((sum, { expectedWeight }) => sum + expectedWeight, 0)
  const share = (baseline.expectedWeight + arm.expectedWeight) / weights
  return usersPlanned !== null && share > 0 ? { usersPlanned: usersPlanned * share } : { expectedEffect }
}

/**
 * By closed testing, which is valid for any number of arms together under any dependence, or by the
 * correction over several goals.
 */
function namedAlways(
  measured: readonly Measured[],
  alpha: number,
  discovered: ReadonlySet<string> | undefined,
): Named {
  const adjusted = closedByMeans(measured.map(({ evidence }) => factorOf(evidence)))
  const isNamed = ({ counts }: Measured, i: number) =>
    discovered ? discovered.has(counts.variationId) : adjusted[i]! >= 1 / alpha
  return new Map(
    measured
      .filter(isNamed)
      .map(({ counts, pair }) => [counts.variationId, pair.effect.estimate > 0 ? 'higher' : 'lower']),
  )
}

/** The e-value of each arm that can be read, by variation id. */
export function evidenceOf(
  counts: readonly ArmCounts[],
  baselineVariationId: string,
  decision: Extract<Decision, { kind: 'always-valid' }>,
): ReadonlyMap<string, number> {
  const baseline = counts.find(({ variationId }) => variationId === baselineVariationId)
  if (!baseline) return new Map()
  return new Map(
    counts
      .filter((arm) => arm !== baseline && unreadable(baseline, arm, decision) === undefined)
      .map((arm) => [arm.variationId, measureAlways(baseline, arm, counts, decision).evidence]),
  )
}

/** Kept finite: a mean of infinite factors would be no number. */
export const factorOf = (evidence: number): number => Math.exp(Math.min(evidence, 700))

function toComparison(
  measured: Measured,
  found: 'higher' | 'lower' | undefined,
  input: CompareInput,
): Comparison {
  const named = input.isRed ? undefined : found
  const toSide = (interval: Interval) =>
    named === undefined && measured.horizon && !input.isRed ? withZero(interval) : onItsSide(interval, named)
  const { counts, pair, cautious, evidence } = measured
  const interval = toSide(measured.interval)
  const inRelation = pair.toRelative(interval)
  const relative = inRelation && toSide(inRelation)
  const goodWay = input.direction === 'increase' ? 'higher' : 'lower'
  const isEqual = relative !== undefined && isWithin(relative, input.equivalence)
  const outcome = named ? (named === goodWay ? 'better' : 'worse') : isEqual ? 'equal' : 'open'
  const difference = toSide(measured.difference ?? pair.toDifference(interval))
  return {
    variationId: counts.variationId,
    outcome,
    difference: { estimate: pair.difference, low: difference.low, high: finiteOrNull(difference.high) },
    relative:
      relative && pair.relative !== undefined
        ? { estimate: pair.relative, low: relative.low, high: finiteOrNull(relative.high) }
        : null,
    cautious: (cautious && pair.toRelative(cautious)) ?? null,
    evidence,
    moreDays: outcome === 'open' && !input.isRed ? moreDays(measured, input) : null,
  }
}

/**
 * What is said of a named arm leaves out what is beyond 0: it was shown to be different, at this look or an
 * earlier one, at no more than the level of the interval over all arms, and its estimate is on that side. At
 * a fixed horizon the interval alone would not say so: Holm's correction gives the second arm a higher level
 * than its interval has, and a named arm stays named.
 */
function onItsSide({ low, high }: Interval, named: 'higher' | 'lower' | undefined): Interval {
  if (named === undefined) return { low, high }
  return named === 'higher' ? { low: Math.max(0, low), high } : { low, high: Math.min(0, high) }
}

/**
 * At a fixed horizon, what is not named is not shown to be different, also where the test may name nothing:
 * in the first tenth of the time, and by what arrives after the end.
 */
const withZero = ({ low, high }: Interval): Interval => ({ low: Math.min(0, low), high: Math.max(0, high) })

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

const isWithin = ({ low, high }: Interval, equivalence: number) => low > -equivalence && high < equivalence

/** Until this difference, or its smallness, is likely decided at this traffic; null if not within a year. */
function moreDays(
  { pair, tuning }: Measured,
  { decision, window, equivalence }: CompareInput,
): number | null {
  if (decision.kind === 'fixed-horizon')
    return decision.ended ? null : Math.max(0, (decision.endAt - window.to) / dayMs)
  return daysUntil(window, (times) => {
    const { effect } = pair
    const later = { ...effect, variance: effect.variance / times, n: effect.n * times }
    const interval = sequenceOf(later, tuning, decision.alpha)
    if (interval.low > 0 || interval.high < 0) return true
    const relative = pair.toRelative(interval, times)
    return relative !== undefined && isWithin(relative, equivalence)
  })
}

export function notMeasured(variationId: string, reason: string): Comparison {
  const nothing = { difference: null, relative: null, cautious: null, evidence: null, moreDays: null }
  return { variationId, outcome: 'not-measured', reason: `Not measured: ${reason}.`, ...nothing }
}
