// From running experiments to stored results: which questions are open, what counts to fit, and the doing of
// it.
import { createHash } from 'node:crypto'
import { expectedWeights, type Experiment, strategyOf } from '../../core/model/experiment.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import type { Flag } from '../../core/model/flag.ts'
import type { Goal } from '../../core/model/goal.ts'
import type { AdminApi } from '../admin-api.ts'
import { done, type Failure, fail, type Outcome } from '../failure.ts'
import { type LakeCache, receivedLateMaxMs, type Window } from '../lake/cache.ts'
import { countExperiment, type ObservedVariation } from '../lake/counts.ts'
import type { Warehouse } from '../lake/warehouse.ts'
import type { Tell } from '../run-event.ts'
import { conclude, flatPrior, type VariationCounts } from '../statistics/conclude.ts'
import type { Engine } from '../statistics/fit.ts'

export interface ConcludeMeans {
  readonly api: AdminApi
  readonly lake: LakeCache
  readonly warehouse: Warehouse
  readonly engine: Engine
  readonly now: number
  readonly tell: Tell
}

export type Plan =
  | { readonly kind: 'not-started' | 'settled'; readonly experiment: Experiment }
  | {
      readonly kind: 'count'
      readonly experiment: Experiment
      readonly weights: ReadonlyMap<string, number>
      readonly window: Window
      readonly goals: readonly Goal[]
      /** What keeps a part of it from being counted. */
      readonly failures: readonly Failure[]
    }

/** Running experiments, and stopped ones for which events may still come in late. */
export const openExperiments = (experiments: readonly Experiment[], now: number): Experiment[] =>
  experiments.filter(({ status, stopAt }) => status === 'running' || now - stopAt < receivedLateMaxMs)

export function planExperiment(
  experiment: Experiment,
  flags: readonly Flag[],
  goals: readonly Goal[],
  now: number,
): Plan {
  const { startAt, stopAt, flagKey, ruleId, goalKeys } = experiment
  if (now <= startAt) return { kind: 'not-started', experiment }
  const window = { from: startAt, to: Math.max(startAt, Math.min(stopAt, now)) }
  const flag = flags.find(({ key }) => key === flagKey)
  const strategy = flag && strategyOf(flag, ruleId)
  // Whoever stops an experiment and ships a variation takes away the shares it ran with: late events then
  // change no result.
  if (experiment.status === 'stopped' && strategy?.kind !== 'rollout') return { kind: 'settled', experiment }
  if (!strategy) {
    const missing = flag ? `Flag ${flagKey} no longer has the rule ${ruleId}` : `There is no flag ${flagKey}`
    const { failure } = fail('job', `${missing}, so the shares that the variations should have are unknown.`)
    return { kind: 'count', experiment, weights: new Map(), window, goals: [], failures: [failure] }
  }
  const known = goals.filter(({ key }) => goalKeys.includes(key))
  const unknown = goalKeys.filter((key) => !known.some((goal) => goal.key === key))
  const failures = unknown.map((key) => fail('job', `There is no goal ${key}.`).failure)
  return { kind: 'count', experiment, weights: expectedWeights(strategy), window, goals: known, failures }
}

/**
 * A variation that nobody saw counts with zero users; one that the rollout does not serve (any more) with
 * weight zero.
 */
export function toCounts(
  observed: readonly ObservedVariation[],
  weights: ReadonlyMap<string, number>,
): VariationCounts[] {
  const seen = new Map(observed.map((row) => [row.variationId, row]))
  // A share of 0 is a pause, not a variation of the experiment, unless somebody saw it.
  const served = [...weights].filter(([, weight]) => weight > 0).map(([variationId]) => variationId)
  return [...new Set([...served, ...seen.keys()])].toSorted().map((variationId) => ({
    variationId,
    users: seen.get(variationId)?.users ?? 0,
    conversions: seen.get(variationId)?.conversions ?? 0,
    expectedWeight: weights.get(variationId) ?? 0,
  }))
}

/** Equal counts of one question are fitted with one seed, so that a result can be had again to the digit. */
export function seedOf(experimentId: string, goalKey: string, counts: readonly VariationCounts[]): number {
  const figures = counts.map(({ variationId, users, conversions }) => [variationId, users, conversions])
  const digest = createHash('sha256')
    .update(JSON.stringify([experimentId, goalKey, figures]))
    .digest()
  return digest.readUInt32BE(0)
}

/**
 * Says of each experiment and goal what became of it; one that fails does not keep the next from being done.
 */
export async function concludeExperiments(environmentId: string, means: ConcludeMeans): Promise<void> {
  const { api, now, tell } = means
  const experiments = await api.experiments(environmentId)
  if (!experiments.ok) return tell({ kind: 'failed', subject: environmentId, failure: experiments.failure })
  const open = openExperiments(experiments.value, now)
  if (open.length === 0) return tell({ kind: 'idle', environmentId, work: 'experiments' })
  const [flags, goals] = await Promise.all([api.flags(environmentId), api.goals(environmentId)])
  if (!flags.ok) return tell({ kind: 'failed', subject: environmentId, failure: flags.failure })
  if (!goals.ok) return tell({ kind: 'failed', subject: environmentId, failure: goals.failure })
  for (const experiment of open) {
    const plan = planExperiment(experiment, flags.value, goals.value, now)
    if (plan.kind === 'count') await carryOut(environmentId, plan, means)
    else tell({ ...plan, environmentId })
  }
}

async function carryOut(environmentId: string, plan: Extract<Plan, { kind: 'count' }>, means: ConcludeMeans) {
  const { experiment, goals, window } = plan
  const { lake, tell } = means
  const subject = `${environmentId}/${experiment.id}`
  for (const failure of plan.failures) tell({ kind: 'failed', subject, failure })
  if (goals.length === 0) return
  const files = await lake.files(environmentId, window)
  if (!files.ok) return tell({ kind: 'failed', subject, failure: files.failure })
  for (const goal of goals) {
    const result = await concludeGoal(environmentId, plan, goal, files.value, means)
    if (!result.ok) tell({ kind: 'failed', subject: `${subject}/${goal.key}`, failure: result.failure })
    else if (result.value === undefined)
      tell({ kind: 'no-events', environmentId, experiment, goalKey: goal.key })
    else tell({ kind: 'concluded', environmentId, experiment, goalKey: goal.key, result: result.value })
  }
}

/** undefined where nobody was exposed yet: a posterior of nothing is the prior, and not worth keeping. */
async function concludeGoal(
  environmentId: string,
  { experiment, weights, window }: Extract<Plan, { kind: 'count' }>,
  goal: Goal,
  files: readonly string[],
  { api, warehouse, engine, now }: ConcludeMeans,
): Promise<Outcome<ExperimentResult | undefined>> {
  const observed = await countExperiment(warehouse, files, experiment, window, goal.event)
  if (!observed.ok) return observed
  if (observed.value.length === 0) return done(undefined)
  const counts = toCounts(observed.value, weights)
  const evidence = {
    goalKey: goal.key,
    baselineVariationId: experiment.baselineVariationId,
    window,
    counts,
    usersInTwoVariations: observed.value.reduce((sum, row) => sum + row.usersInTwoVariations, 0),
    now,
    seed: seedOf(experiment.id, goal.key, counts),
    prior: flatPrior,
  }
  const result = await conclude(evidence, engine)
  if (!result.ok) return fail('job', result.problem.message)
  const stored = await api.storeResult(environmentId, experiment.id, result.value)
  return stored.ok ? done(result.value) : stored
}
