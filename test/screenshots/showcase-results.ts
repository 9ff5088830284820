// Results for the showcase: counts as users would bring them, day by day, concluded as the runner concludes.
import { jeffreysPrior } from '../../core/statistics/prior.ts'
import { conclude, type Evidence } from '../../batch/statistics/conclude.ts'
import { ruleOf } from '../../batch/statistics/design.ts'
import { exactEngine } from '../../batch/statistics/exact.ts'
import { addSums, type ExactSums, noSums } from '../../batch/statistics/exact-sums.ts'
import { guardArms } from '../../batch/statistics/guardrail.ts'
import { noDamage } from '../../batch/statistics/health.ts'
import { measureMetric } from '../../batch/statistics/measure-metric.ts'
import type { ExperimentDesign } from '../../core/model/experiment.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import type { GuardrailReport } from '../../core/model/guardrail.ts'
import type { GoalMetric } from '../../core/model/goal-metric.ts'

export const dayMs = 86_400_000

export interface ShownArm {
  readonly id: string
  readonly usersPerDay: number
  /** Of the rollout, in any unit. */
  readonly weight: number
}

export interface ShownGoal {
  readonly key: string
  /** The share of users who convert, by arm. */
  readonly rates: readonly number[]
  /** Of a goal of values: the mean of those who convert, by arm. */
  readonly values?: readonly number[]
  readonly metric?: GoalMetric
}

export interface ShownExperiment {
  readonly startAt: number
  readonly stopAt: number
  readonly days: number
  readonly arms: readonly ShownArm[]
  readonly goals: readonly ShownGoal[]
  readonly design: ExperimentDesign
}

/** One result per day and goal, in order of time. */
export async function resultsOf(experiment: ShownExperiment): Promise<ExperimentResult[]> {
  const results: ExperimentResult[] = []
  const primary = experiment.goals[0]!.key
  for (const goal of experiment.goals)
    for (let day = 1, before: ExperimentResult | undefined; day <= experiment.days; day++) {
      const guardrails = guardrailsAt(experiment, day).filter(
        ({ goalKey }) => goal.key === primary || goal.key === goalKey,
      )
      const result = await conclude({ ...evidenceOf(experiment, goal, day, before), guardrails }, exactEngine)
      if (!result.ok) throw new Error(result.problem.message)
      results.push((before = result.value))
    }
  return results.toSorted((a, b) => a.computedAt - b.computedAt)
}

function guardrailsAt(experiment: ShownExperiment, day: number): GuardrailReport[] {
  const { guardrails = [] } = experiment.design
  return guardrails.flatMap(({ goalKey, margin }) => {
    const goal = experiment.goals.find(({ key }) => key === goalKey)!
    const { counts, baselineVariationId, window, rule } = evidenceOf(experiment, goal, day, undefined)
    const { direction } = rule!
    const planned = { usersPlanned: null, guardrails: guardrails.length }
    return guardArms({ goalKey, margin, counts, baselineVariationId, direction, window, ...planned })
  })
}

function evidenceOf(
  { startAt, stopAt, arms, goals, design }: ShownExperiment,
  { key, rates, values, metric }: ShownGoal,
  day: number,
  before: ExperimentResult | undefined,
): Evidence {
  const window = { from: startAt, to: startAt + day * dayMs }
  const counts = arms.map(({ id, usersPerDay, weight }, k) => {
    const users = Math.round(usersPerDay * day * (1 + 0.004 * Math.sin(k + day)))
    const noise = 1 + (0.07 / day) * Math.sin(7.3 * k + 1.7 * day + key.length)
    return {
      variationId: id,
      users,
      conversions: Math.round(users * rates[k]! * noise),
      expectedWeight: weight,
    }
  })
  const sums = metric && {
    event: key,
    definition: metric,
    high: 162.5,
    byVariation: new Map(counts.map((each, k) => [each.variationId, sumsOf(each, values?.[k] ?? 1)])),
  }
  const measured = sums && measureMetric(sums, counts)
  return {
    goalKey: key,
    baselineVariationId: arms[0]!.id,
    window,
    counts: measured ? measured.counts : counts,
    usersInTwoVariations: 3,
    damage: noDamage,
    now: window.to,
    seed: 20_261_117,
    prior: jeffreysPrior,
    rule: ruleOf(design, key, goals[0]!.key, window, stopAt),
    trust: {
      counts: 'all',
      unitAttribute: '',
      usersWithoutUnit: 0,
      variations: counts.map(({ variationId, users, conversions }) => ({
        variationId,
        verifiedUsers: Math.round(users * 0.92),
        verifiedConversions: Math.round(conversions * 0.92),
        unverifiedUsers: users - Math.round(users * 0.92),
        unverifiedConversions: conversions - Math.round(conversions * 0.92),
        sourceUsers: 4,
      })),
    },
    ...(measured && { metric: measured, exposed: counts }),
    before,
  }
}

/** Of users of whom some convert, for much or for little, as they did before. */
function sumsOf({ users, conversions }: { users: number; conversions: number }, mean: number): ExactSums {
  const each = (count: number, y: number, x: number): ExactSums => {
    const [n, a, b] = [BigInt(count), units(y), units(x)]
    return {
      users: count,
      conversions: y === 0 ? 0 : count,
      unreadableUsers: 0,
      sumY: n * a,
      sumYY: n * a * a,
      sumD: n,
      sumDD: n,
      sumYD: n * a,
      sumX: n * b,
      sumXX: n * b * b,
      sumXY: n * a * b,
      sumRawY: n * a,
      sumRawYY: n * a * a,
      stepUsers: [],
    }
  }
  const half = Math.floor(conversions / 2)
  return [
    each(users - conversions, 0, 2),
    each(half, mean * 0.5, mean * 0.3),
    each(conversions - half, mean * 1.5, mean),
  ].reduce(addSums, noSums)
}

const units = (value: number) => BigInt(Math.round(value * 100)) * 10n ** 7n
