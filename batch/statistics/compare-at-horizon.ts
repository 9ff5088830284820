// The comparisons of an experiment with a fixed horizon: the curtailed test, exact for few conversions, with
// Holm's correction for several arms, and the repeated interval that agrees with it.
import type { Comparison, Decision, HorizonState } from '../../core/model/experiment-result.ts'
import type { ArmCounts, CompareInput, Measured, Named } from './comparison.ts'
import type { Direction } from './fit.ts'
import { logit, rateOf } from './conversion-pair.ts'
import { conversionsPlannedMin } from '../../core/statistics/levels.ts'
import { curtailedBinomial, repeatedBinomialInterval } from './exact-horizon.ts'
import {
  changedOrigin,
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
  { window, before, counts }: CompareInput,
  baseline: ArmCounts,
  arms: readonly ArmCounts[],
  decision: FixedHorizon,
): AtHorizon[] {
  const elapsed = elapsedOf(window, decision.endAt)
  const comparisons = counts.length - 1
  return arms.flatMap((arm) => {
    const pair = pairOf(baseline, arm)
    const at = pair.score
    if (!at) return []
    const planned = at.information / elapsed
    const earlier = before?.comparisons.find(({ variationId }) => variationId === arm.variationId)?.horizon
    const origins = originsOf(earlier, before?.decision, decision, comparisons)
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
        evidence:
          Math.log(Math.max(last.up, last.down, 1e-300) / (decision.gamma * decision.alpha)) + Math.LN2,
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
      evidence: Math.log(Math.max(last.up, last.down, 1e-300) / (decision.gamma * decision.alpha)) + Math.LN2,
      // The level that was left at a changed horizon is not known exactly here, so none is named after it.
      winners: tests.map(({ winner }) =>
        !isReadable || isChanged ? undefined : few.isOfMisses ? opposite(winner) : winner,
      ),
    }
  })
}

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
 * with what it had left at the last look.
 */
function originsOf(
  earlier: HorizonState | undefined,
  before: Decision | undefined,
  decision: FixedHorizon,
  comparisons: number,
): HorizonState['origins'] {
  const fresh = Array.from({ length: comparisons }, (_, i) =>
    originOf(decision.alpha / (i + 1), decision.gamma),
  )
  if (before?.kind !== 'fixed-horizon' || !earlier || earlier.origins.length !== comparisons) return fresh
  const isChanged = before.endAt !== decision.endAt && !before.ended
  if (!isChanged || !(earlier.planned > earlier.information)) return earlier.origins
  return earlier.origins.map((origin) => changedOrigin(earlier, earlier.planned, origin, decision.gamma))
}

/**
 * Holm's correction: with r arms unnamed, each is tested at alpha / r. A named arm stays named, unless its
 * whole interval is on the other side by now. After the end, the test has spent all it had, and names no
 * other. What was seen while health was red was no look: it names nothing, and spends nothing.
 */
export function namedAtHorizon(
  measured: readonly Measured[],
  { direction, before, isRed = false }: CompareInput,
): Named {
  const named = new Map<string, 'higher' | 'lower'>()
  const earlier = before?.decision.kind === 'fixed-horizon' ? before.comparisons : []
  for (const comparison of earlier) {
    const side = namedBefore(comparison, direction, before?.isRed === true)
    const now = measured.find(({ counts }) => counts.variationId === comparison.variationId)
    if (side && (!now || !isContrary(now.interval, side))) named.set(comparison.variationId, side)
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
function namedBefore(
  { outcome, horizon }: Comparison,
  direction: Direction,
  wasRed: boolean,
): 'higher' | 'lower' | undefined {
  if (horizon?.named) return horizon.named
  if (wasRed || (outcome !== 'better' && outcome !== 'worse')) return undefined
  return (outcome === 'better') === (direction === 'increase') ? 'higher' : 'lower'
}

function isSpent(before: CompareInput['before']): boolean {
  if (before?.decision.kind !== 'fixed-horizon') return false
  return (before.decision.ended && !before.isRed) || before.comparisons.some(({ horizon }) => horizon?.spent)
}

/** For the next look. */
export function stateOf(
  horizon: HorizonState,
  named: 'higher' | 'lower' | undefined,
  { decision, before, isRed }: CompareInput,
): HorizonState {
  const isOver = decision.kind === 'fixed-horizon' && decision.ended && !isRed
  return {
    ...horizon,
    ...(named && { named }),
    ...((isOver || isSpent(before)) && { spent: true as const }),
  }
}

const isContrary = ({ low, high }: Interval, side: 'higher' | 'lower'): boolean =>
  side === 'higher' ? high <= 0 : low >= 0

/** Ratios of rates as log odds ratios, at the baseline's rate. */
const fromRatios = ({ low, high }: Interval, rate: number): Interval => ({
  low: fromRatio(low, rate),
  high: fromRatio(high, rate),
})

const fromRatio = (ratio: number, rate: number): number => {
  if (ratio * rate >= 1) return Infinity
  return logit(Math.max(ratio * rate, 1e-300)) - logit(rate)
}
