// Worlds of decisions: how often a winner is named that is none, how often one that is, and when, in both
// kinds of decision. Beside them what the published methods of peers say of the same worlds.
import type { Decision } from '../../core/model/experiment-result.ts'
import { compareArms } from '../../batch/statistics/compare.ts'
import type { ArmCounts } from '../../batch/statistics/comparison.ts'
import { proportionEffect, relativeEffect } from '../../batch/statistics/effect.ts'
import { curtailed, elapsedMin, originOf, proportionScore } from '../../batch/statistics/fixed-horizon.ts'
import { expectedLogOdds, sequenceOf, type Tuning } from '../../batch/statistics/inference.ts'
import { quantileOfNormal } from '../../core/statistics/normal.ts'
import { grow, type World } from './arrivals.ts'
import type { Random } from './random.ts'

const dayMs = 86_400_000
const days = 28

/**
 * What one simulated experiment came to: the look at which an arm was named, by method; undefined if none.
 */
export type Named = Readonly<Record<string, number | undefined>>

/** The product's comparisons at each look, through its own entry. */
export function* compared(world: World, decision: Decision, random: Random) {
  let before: Parameters<typeof compareArms>[0]['before']
  let look = 0
  for (const counts of grow(world, random)) {
    look++
    const to = Math.round((look / world.looks) * days * dayMs)
    const now: Decision =
      decision.kind === 'fixed-horizon' ? { ...decision, ended: look === world.looks } : decision
    const comparisons = compareArms({
      counts,
      baselineVariationId: 'a',
      decision: now,
      direction: 'increase',
      equivalence: 0.02,
      window: { from: 0, to },
      before,
    })
    before = { decision: now, comparisons }
    yield { look, counts, comparisons }
  }
}

export const fixedHorizon: Decision = {
  kind: 'fixed-horizon',
  alpha: 0.05,
  gamma: 0.95,
  endAt: days * dayMs,
  ended: false,
}
export const alwaysValid = (usersPlanned: number | null): Decision => ({
  kind: 'always-valid',
  alpha: 0.05,
  usersPlanned,
})

type Method = (counts: readonly [ArmCounts, ArmCounts], elapsed: number) => boolean

/** One look of each method at two arms; cheap enough for thousands of looks. */
export function methodsFor(world: World): Record<string, Method> {
  const origin = originOf()
  const plan: Tuning = { usersPlanned: world.users }
  const sequence =
    (tuning: Tuning): Method =>
    ([a, b]) => {
      const effect = proportionEffect(a, b)
      const fewest = ((a.conversions + b.conversions) * Math.min(a.users, b.users)) / (a.users + b.users)
      if (effect.kind === 'none' || fewest < 10) return false
      return sequenceOf(effect, tuning).logFactor >= Math.log(20)
    }
  return {
    'fixed horizon': ([a, b], elapsed) => {
      const at = proportionScore(a, b)
      if (!at || elapsed < elapsedMin) return false
      return curtailed(at, at.information / elapsed, origin).winner !== undefined
    },
    'always valid': sequence(plan),
    'without a plan': sequence({ expectedEffect: expectedLogOdds }),
    GrowthBook: ([a, b]) => growthBook(a, b),
    Bucketeer: ([a, b]) => bucketeerFactor(a, b) >= Math.log(20),
    'fixed test at N': ([a, b], elapsed) => {
      const at = proportionScore(a, b)
      if (!at || elapsed < 1) return false
      return Math.abs(at.score) / Math.sqrt(at.information) >= quantileOfNormal(0.975)
    },
  }
}

/**
 * GrowthBook's sequential interval of the relative lift, with its default of 5,000 users, from 150
 * conversions on (gbstats; Waudby-Smith and others, arXiv:2103.06476, eq. 155).
 */
function growthBook(a: ArmCounts, b: ArmCounts): boolean {
  if (a.conversions + b.conversions < 150) return false
  const of = ({ users, conversions }: ArmCounts) => ({ n: users, sumY: conversions, sumYY: conversions })
  const effect = relativeEffect(of(a), of(b))
  if (effect.kind === 'none') return false
  const { estimate, variance, n } = effect
  const logs = -2 * Math.log(0.05)
  const spread = ((logs + Math.log(logs + 1)) / 5_000) * n
  const half = Math.sqrt((variance * (2 * (spread + 1)) * Math.log(Math.sqrt(spread + 1) / 0.05)) / spread)
  return Math.abs(estimate) >= half
}

/** Bucketeer's factor of two rates against one, with flat priors (its cvrBayesFactor), logarithm. */
function bucketeerFactor(a: ArmCounts, b: ArmCounts): number {
  const of = (conversions: number, users: number) => logBeta(conversions + 1, users - conversions + 1)
  const together = of(a.conversions + b.conversions, a.users + b.users)
  return of(a.conversions, a.users) + of(b.conversions, b.users) - together
}

const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b)

/** Stirling's series; arguments are 1 or more, and small ones are shifted up. */
function logGamma(x: number): number {
  if (x < 12) return logGamma(x + 1) - Math.log(x)
  const inverse = 1 / x
  const series = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 / 1_260))
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series
}

/** The first look at which each method names an arm. */
export function firstNamed(world: World, random: Random): Named {
  const methods = Object.entries(methodsFor(world))
  const first: Record<string, number | undefined> = {}
  let look = 0
  for (const [a, b] of grow(world, random)) {
    look++
    for (const [name, isNamed] of methods)
      if (first[name] === undefined && isNamed([a!, b!], look / world.looks)) first[name] = look
  }
  return first
}
