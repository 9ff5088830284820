// The comparisons of an experiment with a fixed horizon: the curtailed test, exact for few conversions, with
// Holm's correction for several arms, and the repeated interval that agrees with it.
import type { Decision, HorizonState } from '../../core/model/experiment-result.ts'
import { type ArmCounts, type CompareInput, isServed, type Measured, type Named } from './comparison.ts'
import { logit, rateOf } from './conversion-pair.ts'
import { conversionsPlannedMin } from '../../core/statistics/levels.ts'
import { curtailedBinomial, repeatedBinomialInterval } from './exact-horizon.ts'
import {
  changedOrigin,
  type Curtailed,
  curtailed,
  elapsedMin,
  informationMin,
  originOf,
  repeatedInterval,
} from './fixed-horizon.ts'
import type { Interval } from './inference.ts'
import { hasMeasures, pairOf } from './pair.ts'

type FixedHorizon = Extract<Decision, { kind: 'fixed-horizon' }>

interface AtHorizon extends Measured {
  /** What each arm's test says if so many arms are unnamed, from one on. */
  readonly winners: readonly ('up' | 'down' | undefined)[]
}

export function compareAtHorizon(
  input: CompareInput,
  baseline: ArmCounts,
  arms: readonly ArmCounts[],
  decision: FixedHorizon,
): AtHorizon[] {
  const elapsed = elapsedOf(input.window, decision.endAt)
  // An arm without a share is none of the experiment's, so it takes nothing from the level of the others.
  const comparisons = input.counts.filter((one) => one !== baseline && isServed(one)).length
  return arms.flatMap((arm) => {
    const pair = pairOf(baseline, arm)
    const at = pair.score
    if (!at) return []
    const planned = at.information / elapsed
    const origins = originsOf(leftBy(input, arm.variationId), decision, comparisons)
    const horizon: HorizonState = { ...at, planned, origins }
    const isReadable = elapsed >= elapsedMin && at.information >= informationMin * planned
    const tuning = { expectedEffect: pair.expectedEffect }
    const common = { counts: arm, pair, horizon, tuning, cautious: undefined }
    const few = rarerOf(baseline, arm)
    const plannedFew = Math.round((few.baseline + few.arm) / elapsed)
    if (hasMeasures(baseline, arm) || plannedFew >= conversionsPlannedMin) {
      const tests = origins.map((origin) => curtailed(at, planned, origin, decision.gamma))
      const last = tests.at(-1)!
      const interval = repeatedInterval(at, planned, origins.at(-1)!, decision.gamma)
      if (!interval) return []
      const difference = { low: interval.low * pair.unit, high: interval.high * pair.unit }
      return {
        ...common,
        interval: pair.fromDifference(difference),
        difference,
        evidence: evidenceOf(last, decision),
        winners: tests.map(({ winner }) => (isReadable ? winner : undefined)),
      }
    }
    const share = arm.users / (baseline.users + arm.users)
    const isChanged = origins.some(({ information }) => information > 0)
    const tests = origins.map((_, i) =>
      curtailedBinomial(few, share, plannedFew, decision.alpha / (i + 1), decision.gamma),
    )
    const last = tests.at(-1)!
    const level = decision.alpha / comparisons
    const ratio = repeatedBinomialInterval(few, share, plannedFew, level, decision.gamma)
    const ofFew = fromRatios(ratio, few.isOfMisses ? 1 - rateOf(baseline) : rateOf(baseline))
    return {
      ...common,
      interval: few.isOfMisses ? { low: -ofFew.high, high: -ofFew.low } : ofFew,
      evidence: evidenceOf(last, decision),
      // The level that was left at a changed horizon is not known exactly here, so none is named after it.
      winners: tests.map(({ winner }) =>
        !isReadable || isChanged ? undefined : few.isOfMisses ? opposite(winner) : winner,
      ),
    }
  })
}

/**
 * The logarithm of an e-value of both tests together, which is at most their mean and is 1 / alpha where the
 * first is named.
 */
const evidenceOf = ({ up, down }: Pick<Curtailed, 'up' | 'down'>, { alpha, gamma }: FixedHorizon): number =>
  Math.log(Math.max(up, down, 1e-300) / (gamma * alpha))

/** Those who converted, or those who did not, whichever are fewer. */
function rarerOf(baseline: ArmCounts, arm: ArmCounts) {
  const missed = ({ users, conversions }: ArmCounts) => users - conversions
  const isOfMisses = missed(baseline) + missed(arm) < baseline.conversions + arm.conversions
  return isOfMisses
    ? { isOfMisses, baseline: missed(baseline), arm: missed(arm) }
    : { isOfMisses, baseline: baseline.conversions, arm: arm.conversions }
}

const opposite = (winner: 'up' | 'down' | undefined) => winner && (winner === 'up' ? 'down' : 'up')

/** The share of the planned time that has passed, in (0, 1]. */
function elapsedOf({ from, to }: CompareInput['window'], endAt: number): number {
  return endAt > from && to > from ? Math.min(1, (to - from) / (endAt - from)) : 1
}

/**
 * One origin for each number of unnamed arms. If the horizon was changed before its end, the test goes on
 * with what it had left at the last look that could be trusted.
 */
function originsOf(
  earlier: HorizonState | undefined,
  { alpha, gamma, endAt }: FixedHorizon,
  comparisons: number,
): HorizonState['origins'] {
  if (earlier === undefined || earlier.origins.length < comparisons)
    return Array.from({ length: comparisons }, (_, i) => originOf(alpha / (i + 1), gamma))
  // Earlier releases had one for arms without a share as well.
  const origins = earlier.origins.slice(0, comparisons)
  const isChanged = earlier.endAt !== endAt && !earlier.spent
  if (!isChanged || !(earlier.planned > earlier.information)) return origins
  // After a recount that has fewer users, there may be less than where the test began.
  return origins.map((origin) =>
    earlier.information < origin.information
      ? origin
      : changedOrigin(earlier, earlier.planned, origin, gamma),
  )
}

/**
 * Holm's correction: with r arms unnamed, each is tested at alpha / r. A named arm stays named for as long as
 * it is ahead, or behind, at all. After the end, the test has spent all it had, and names no other. What was
 * seen while health was red was no look: it names nothing, takes no name away, and spends nothing.
 */
export function namedAtHorizon(measured: readonly Measured[], input: CompareInput): Named {
  const { before, isRed = false } = input
  const named = new Map<string, 'higher' | 'lower'>()
  for (const { variationId } of before?.comparisons ?? []) {
    const side = namedBefore(input, variationId)
    const now = measured.find(({ counts }) => counts.variationId === variationId)
    if (side && (isRed || !now || isOn(side, now.pair.difference))) named.set(variationId, side)
  }
  if (isRed || isSpent(before)) return named
  const arms = measured as readonly AtHorizon[]
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false
    for (const { counts, winners } of arms) {
      if (named.has(counts.variationId)) continue
      const winner = winners[winners.length - named.size - 1]
      if (winner === undefined) continue
      named.set(counts.variationId, winner === 'up' ? 'higher' : 'lower')
      hasChanged = true
    }
  }
  return named
}

/** Results of earlier releases have an outcome only. */
function namedBefore({ before, direction }: CompareInput, variationId: string) {
  const comparison = before?.comparisons.find((one) => one.variationId === variationId)
  if (before?.decision.kind !== 'fixed-horizon' || !comparison) return undefined
  const { outcome, horizon } = comparison
  if (horizon?.named) return horizon.named
  const isNamed = !horizon?.endAt && !before.isRed && (outcome === 'better' || outcome === 'worse')
  if (!isNamed) return undefined
  return (outcome === 'better') === (direction === 'increase') ? 'higher' : 'lower'
}

function isSpent(before: CompareInput['before']): boolean {
  if (before?.decision.kind !== 'fixed-horizon') return false
  return (before.decision.ended && !before.isRed) || before.comparisons.some(({ horizon }) => horizon?.spent)
}

/** What the looks so far left of an arm's test. */
function leftBy(input: CompareInput, variationId: string): HorizonState | undefined {
  const { before } = input
  const state = before?.comparisons.find((one) => one.variationId === variationId)?.horizon
  if (before?.decision.kind !== 'fixed-horizon' || !state) return undefined
  if (state.endAt !== undefined) return state
  // Of an earlier release, whose red looks left what they saw: nothing goes on from that.
  const { information } = state
  const named = namedBefore(input, variationId)
  return {
    ...state,
    ...(before.isRed && { planned: information }),
    endAt: before.decision.endAt,
    ...(named && { named }),
    ...(isSpent(before) && { spent: true as const }),
  }
}

/**
 * For the next look. What cannot be trusted, or cannot be read (`seen` is undefined), passes on what the
 * looks before it left.
 */
export function stateOf(
  seen: HorizonState | undefined,
  variationId: string,
  named: 'higher' | 'lower' | undefined,
  input: CompareInput,
): HorizonState | undefined {
  const { decision, before, isRed = false } = input
  if (decision.kind !== 'fixed-horizon') return undefined
  const isLook = seen && !isRed
  const state = isLook
    ? { ...seen, endAt: decision.endAt, ...(named && { named }) }
    : leftBy(input, variationId)
  const isOver = decision.ended && !isRed
  return state && { ...state, ...((isOver || isSpent(before)) && { spent: true as const }) }
}

const isOn = (side: 'higher' | 'lower', difference: number): boolean =>
  side === 'higher' ? difference > 0 : difference < 0

/** Ratios of rates as log odds ratios, at the baseline's rate. */
const fromRatios = ({ low, high }: Interval, rate: number): Interval => ({
  low: fromRatio(low, rate),
  high: fromRatio(high, rate),
})

const fromRatio = (ratio: number, rate: number): number => {
  if (ratio * rate >= 1) return Infinity
  return logit(Math.max(ratio * rate, 1e-300)) - logit(rate)
}
