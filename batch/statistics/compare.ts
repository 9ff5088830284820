// Compares each arm with the baseline: what is decided, and the interval that decides it, so that the two
// never contradict each other. Both kinds of decision are valid at every look.
import type { Comparison, Decision } from '../../core/model/experiment-result.ts'
import { compareAtHorizon, namedAtHorizon } from './compare-at-horizon.ts'
import type { ArmCounts, CompareInput, Measured, Named } from './comparison.ts'
import { proportionEffect } from './effect.ts'
import { expectedLogOdds, sequenceOf, type Interval, type Tuning } from './inference.ts'
import { closedByMeans } from './multiplicity.ts'

/** For every variation that is compared. */
export const usersMin = 100
/** Conversions, and users without one, that the smaller arm expects if nothing differs. */
export const expectedConversionsMin = 10
const dayMs = 86_400_000
const daysAheadMax = 365

/** One for each variation but the baseline, in the order of the counts. */
export function compareArms(input: CompareInput): Comparison[] {
  const { counts, baselineVariationId, decision, direction, before } = input
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
      : namedAtHorizon(measured, direction, before)
  return arms.map((arm) => {
    const one = measured.find(({ counts: { variationId } }) => variationId === arm.variationId)
    if (!one) return notMeasured(arm.variationId, reasons.get(arm.variationId) ?? 'it cannot be read')
    return toComparison(baseline, one, named.get(arm.variationId), input)
  })
}

/** Why an arm cannot be compared; undefined if it can. */
function unreadable(baseline: ArmCounts, arm: ArmCounts, { kind }: Decision): string | undefined {
  const small = [baseline, arm].find(({ users }) => users < usersMin)
  if (small) return `${small.variationId} has ${small.users} users; ${usersMin} are needed`
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

export function measureAlways(
  baseline: ArmCounts,
  arm: ArmCounts,
  counts: readonly ArmCounts[],
  { alpha, usersPlanned }: { readonly alpha: number; readonly usersPlanned: number | null },
): Measured {
  const effect = proportionEffect(baseline, arm)
  if (effect.kind === 'none') throw new Error(`A readable arm has no effect: ${effect.reason}`)
  const weights = counts.reduce((sum, { expectedWeight }) => sum + expectedWeight, 0)
  const share = (baseline.expectedWeight + arm.expectedWeight) / weights
  const tuning: Tuning =
    usersPlanned !== null && share > 0
      ? { usersPlanned: usersPlanned * share }
      : { expectedEffect: expectedLogOdds }
  const { low, high, cautious, logFactor } = sequenceOf(effect, tuning, alpha)
  return { counts: arm, effect, tuning, interval: { low, high }, cautious, evidence: logFactor }
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
      .map(({ counts, effect }) => [counts.variationId, effect.estimate > 0 ? 'higher' : 'lower']),
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
  baseline: ArmCounts,
  measured: Measured,
  named: 'higher' | 'lower' | undefined,
  input: CompareInput,
): Comparison {
  const { counts, effect, interval, cautious, difference, evidence, horizon } = measured
  const rate = (baseline.conversions + 0.5) / (baseline.users + 1)
  const relative = toRelative(interval, rate)
  const estimate = counts.conversions / counts.users - baseline.conversions / baseline.users
  const isEqual = relative.low > -input.equivalence && relative.high < input.equivalence
  const goodWay = input.direction === 'increase' ? 'higher' : 'lower'
  const outcome = named ? (named === goodWay ? 'better' : 'worse') : isEqual ? 'equal' : 'open'
  const absolute = difference ?? { low: relative.low * rate, high: relative.high * rate }
  return {
    variationId: counts.variationId,
    outcome,
    difference: { estimate, low: absolute.low, high: finiteOrNull(absolute.high) },
    relative: {
      estimate: relativeOf(effect.estimate, rate),
      low: relative.low,
      high: finiteOrNull(relative.high),
    },
    cautious: cautious ? toRelative(cautious, rate) : null,
    evidence,
    moreDays: outcome === 'open' ? moreDays(measured, rate, input) : null,
    ...(horizon && { horizon }),
  }
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** The relative lift that a log odds ratio means at the baseline's rate; 0 exactly at 0. */
const relativeOf = (logOddsRatio: number, rate: number): number =>
  logOddsRatio === Infinity
    ? 1 / rate - 1
    : (Math.expm1(logOddsRatio) * (1 - rate)) / (1 + rate * Math.expm1(logOddsRatio))

const toRelative = ({ low, high }: Interval, rate: number): Interval => ({
  low: relativeOf(low, rate),
  high: relativeOf(high, rate),
})

/** Until this difference, or its smallness, is likely decided at this traffic; null if not within a year. */
function moreDays(
  { effect, tuning }: Measured,
  rate: number,
  { decision, window, equivalence }: CompareInput,
): number | null {
  const days = (window.to - window.from) / dayMs
  if (decision.kind === 'fixed-horizon')
    return decision.ended ? null : Math.max(0, (decision.endAt - window.to) / dayMs)
  if (!(days > 0)) return null
  const isDecided = (times: number): boolean => {
    const later = { ...effect, variance: effect.variance / times, n: effect.n * times }
    const interval = sequenceOf(later, tuning, decision.alpha)
    if (interval.low > 0 || interval.high < 0) return true
    const { low, high } = toRelative(interval, rate)
    return low > -equivalence && high < equivalence
  }
  let [low, high] = [1, 1 + daysAheadMax / days]
  if (!isDecided(high)) return null
  while ((high - low) * days > 0.5) {
    const middle = (low + high) / 2
    if (isDecided(middle)) high = middle
    else low = middle
  }
  return Math.ceil((high - 1) * days)
}

export function notMeasured(variationId: string, reason: string): Comparison {
  const nothing = { difference: null, relative: null, cautious: null, evidence: null, moreDays: null }
  return { variationId, outcome: 'not-measured', reason: `Not measured: ${reason}.`, ...nothing }
}
