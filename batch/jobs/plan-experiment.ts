// What to count for each open experiment, and by which shares, as its configuration and the time tell.
import { expectedWeights, type Experiment, ExperimentDesign } from '../../core/model/experiment.ts'
import type { Goal } from '../../core/model/goal.ts'
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import type { FlagStrategies } from '../admin-api-schemas.ts'
import { type Failure, fail } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import type { ObservedVariation } from '../counting/observed-variation.ts'
import type { VariationCounts } from '../statistics/conclude.ts'

export type Plan =
  | { readonly kind: 'not-started' | 'settled'; readonly experiment: Experiment }
  | { readonly kind: 'skipped'; readonly experiment: Experiment; readonly reason: string }
  | CountingPlan

export interface CountingPlan {
  readonly kind: 'count'
  readonly experiment: Experiment
  readonly design: ExperimentDesign
  /** The share of users that each variation should have, by variation id; only the proportions count. */
  readonly weights: ReadonlyMap<string, number>
  readonly window: Window
  readonly goals: readonly Goal[]
  /** Goals that cannot be counted, and why. */
  readonly failures: readonly Failure[]
}

/**
 * Those that wait or run, also past their planned end if no run has seen that yet, and stopped ones whose
 * events may still arrive.
 */
export const openExperiments = (experiments: readonly Experiment[], now: number): Experiment[] =>
  experiments.filter(
    ({ status, stopAt }) =>
      status === 'waiting' || status === 'running' || (status === 'stopped' && now - stopAt < eventAgeMaxMs),
  )

export function planExperiment(
  experiment: Experiment,
  flags: readonly FlagStrategies[],
  goals: readonly Goal[],
  now: number,
): Plan {
  const { stopAt, flagKey, ruleId, goalKeys } = experiment
  const phase = experiment.phases?.at(-1)
  const startAt = phase?.startAt ?? experiment.startAt
  if (now <= startAt) return { kind: 'not-started', experiment }
  const read = ExperimentDesign.safeParse(experiment.design ?? {})
  if (!read.success) return { kind: 'skipped', experiment, reason: 'its design is unknown to this release' }
  const design = read.data
  const window = { from: startAt, to: Math.max(startAt, Math.min(stopAt, now)) }
  const known = goalKeys.flatMap((goalKey) => goals.find(({ key }) => key === goalKey) ?? [])
  // A goal that was edited after the end may be another question: its last result stands.
  const isOver = experiment.status === 'stopped'
  const existing = isOver ? known.filter(({ updatedAt }) => updatedAt <= stopAt) : known
  if (known.length > 0 && existing.length === 0) return { kind: 'settled', experiment }
  const missingGoals = goalKeys.filter((key) => !known.some((goal) => goal.key === key))
  const failures = missingGoals.map((key) => fail('job', `There is no goal ${key}.`).problem)
  if (phase) {
    const weights = new Map(Object.entries(phase.weights))
    return { kind: 'count', experiment, design, weights, window, goals: existing, failures }
  }
  // Experiments of earlier releases did not record their shares: those of the flag now are the best guess.
  const flag = flags.find(({ key }) => key === flagKey)
  const strategy = flag && strategyOf(flag, ruleId)
  if (strategy?.kind === 'unknown') {
    const reason = `the strategy of rule ${ruleId} of flag ${flagKey} is unknown to this release`
    return { kind: 'skipped', experiment, reason }
  }
  // Shipping a variation removes the shares that the experiment ran with, so its last result stays.
  if (experiment.status === 'stopped' && strategy?.kind !== 'rollout') return { kind: 'settled', experiment }
  if (!strategy) {
    const missing = flag ? `Flag ${flagKey} no longer has the rule ${ruleId}` : `There is no flag ${flagKey}`
    const { problem } = fail('job', `${missing}, so the shares that the variations should have are unknown.`)
    const nothing = { weights: new Map(), window, goals: [], failures: [problem] }
    return { kind: 'count', experiment, design, ...nothing }
  }
  const weights = expectedWeights(strategy)
  return { kind: 'count', experiment, design, weights, window, goals: existing, failures }
}

const strategyOf = ({ rules, defaultStrategy }: FlagStrategies, ruleId: string) =>
  [defaultStrategy, ...rules].find(({ id }) => id === ruleId)?.strategy

/**
 * Served variations without users count with zero users; variations that are not served (any more) with
 * weight 0.
 */
export function toCounts(
  observed: readonly ObservedVariation[],
  weights: ReadonlyMap<string, number>,
): VariationCounts[] {
  const byVariation = new Map(observed.map((row) => [row.variationId, row]))
  // A share of 0 is a pause, not a variation of the experiment, unless users were exposed to it.
  const served = [...weights].filter(([, weight]) => weight > 0).map(([variationId]) => variationId)
  return [...new Set([...served, ...byVariation.keys()])].toSorted().map((variationId) => ({
    variationId,
    users: byVariation.get(variationId)?.users ?? 0,
    conversions: byVariation.get(variationId)?.conversions ?? 0,
    expectedWeight: weights.get(variationId) ?? 0,
  }))
}
