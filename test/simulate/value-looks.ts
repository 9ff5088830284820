// Follows one simulated experiment about values through its looks, by the product's own comparisons.
import type { Decision } from '../../core/model/experiment-result.ts'
import { compareArms } from '../../batch/statistics/compare.ts'
import type { ArmCounts, CompareInput } from '../../batch/statistics/comparison.ts'
import { alwaysValid, fixedHorizon } from './decisions.ts'

const dayMs = 86_400_000
const days = 28
export const looks = 28

/** Of one way of deciding. */
export interface Followed {
  /** The arm was named at some look, and which way. */
  named: 'better' | 'worse' | undefined
  /** Its interval of the difference missed the truth at some look. */
  missed: boolean
}

export type Way = 'always valid' | 'without a plan' | 'fixed horizon'

/** `truth` is the difference; `arms` are the counts at each look, the baseline's first. */
export function follow(
  arms: Iterable<readonly ArmCounts[]>,
  users: number,
  truth: number,
  ways: readonly Way[],
): Record<Way, Followed> {
  const decisions: Record<Way, Decision> = {
    'always valid': alwaysValid(users),
    'without a plan': alwaysValid(null),
    'fixed horizon': fixedHorizon,
  }
  const nothing = (): Followed => ({ named: undefined, missed: false })
  const followed = {
    'always valid': nothing(),
    'without a plan': nothing(),
    'fixed horizon': nothing(),
  }
  const before: Partial<Record<Way, CompareInput['before']>> = {}
  let look = 0
  for (const counts of arms) {
    look++
    for (const way of ways) {
      const planned = decisions[way]
      const decision: Decision =
        planned.kind === 'fixed-horizon' ? { ...planned, ended: look === looks } : planned
      const comparisons = compareArms({
        counts,
        baselineVariationId: counts[0]!.variationId,
        decision,
        direction: 'increase',
        equivalence: 0.02,
        window: { from: 0, to: Math.round((look / looks) * days * dayMs) },
        before: before[way],
      })
      before[way] = { decision, comparisons }
      const [one] = comparisons
      const own = followed[way]
      if (one?.outcome === 'better' || one?.outcome === 'worse') own.named ??= one.outcome
      const { low, high } = one?.difference ?? {}
      if (low !== undefined && (low > truth || (high ?? Infinity) < truth)) own.missed = true
    }
  }
  return followed
}
