// From open experiments to stored results: plans what to count for each, counts and fits each goal, and
// stores the result.
import { createHash } from 'node:crypto'
import {
  expectedWeights,
  type Experiment,
  ExperimentDesign,
  primaryGoalOf,
} from '../../core/model/experiment.ts'
import { countedByDefault } from '../../core/model/counted-events.ts'
import type { ExperimentResult, Trust } from '../../core/model/experiment-result.ts'
import type { Goal } from '../../core/model/goal.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import type { FlagStrategies } from '../admin-api-schemas.ts'
import { type Failure, fail } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import type { DamagedObject } from '../lake/objects.ts'
import type { Answers } from '../counting/answers.ts'
import type { ObservedVariation } from '../counting/observed-variation.ts'
import { experimentQuestion, unitAttributeOf } from '../counting/question.ts'
import { changedMetric, countGoalMetric } from './count-goal-metric.ts'
import { conclude, jeffreysPrior, type VariationCounts } from '../statistics/conclude.ts'
import { ruleOf, type Rule } from '../statistics/design.ts'
import { discover } from '../statistics/discover.ts'
import type { Engine } from '../statistics/fit.ts'
import type { LakeDamage } from '../statistics/health.ts'
import type { MeasuredMetric } from '../statistics/measure-metric.ts'
import { advanceExperiments } from './advance-experiments.ts'
import type { JobContext } from './job-context.ts'

export type Plan =
  | { readonly kind: 'not-started' | 'settled'; readonly experiment: Experiment }
  | { readonly kind: 'skipped'; readonly experiment: Experiment; readonly reason: string }
  | CountingPlan

interface CountingPlan {
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

/** Of the variations in `counts`, in their order. */
export function toTrust(
  experiment: Experiment,
  observed: readonly ObservedVariation[],
  counts: readonly VariationCounts[],
): Trust {
  const byVariation = new Map(observed.map((row) => [row.variationId, row]))
  return {
    counts: experiment.counts ?? countedByDefault,
    unitAttribute: unitAttributeOf(experiment),
    usersWithoutUnit: observed.reduce((sum, row) => sum + row.usersWithoutUnit, 0),
    variations: counts.map(({ variationId }) => {
      const row = byVariation.get(variationId)
      return {
        variationId,
        verifiedUsers: row?.verifiedUsers ?? 0,
        verifiedConversions: row?.verifiedConversions ?? 0,
        unverifiedUsers: row?.unverifiedUsers ?? 0,
        unverifiedConversions: row?.unverifiedConversions ?? 0,
        sourceUsers: row?.sourceUsers ?? 0,
      }
    }),
  }
}

/**
 * A uint32. Equal counts for one experiment and goal give an equal seed, so a result can be reproduced
 * exactly.
 */
export function seedOf(experimentId: string, goalKey: string, counts: readonly VariationCounts[]): number {
  const figures = counts.map(({ variationId, users, conversions }) => [variationId, users, conversions])
  const digest = createHash('sha256')
    .update(JSON.stringify([experimentId, goalKey, figures]))
    .digest()
  return digest.readUInt32BE(0)
}

/**
 * Emits an event for each experiment and goal. One that fails does not keep the others from being concluded.
 */
export async function concludeExperiments(
  environmentId: string,
  engine: Engine,
  context: JobContext,
): Promise<void> {
  const { api, now, onEvent } = context
  const failed = (failure: Failure) => onEvent({ kind: 'failed', subject: environmentId, failure })
  const skipped = (id: string, reason: string) =>
    onEvent({ kind: 'skipped', environmentId, work: 'experiments', id, reason })
  const experiments = await api.experiments(environmentId)
  if (!experiments.ok) return failed(experiments.problem)
  const unknown = experiments.value.unknown.filter(({ status }) => status !== 'stopped')
  for (const { id, reason } of unknown) skipped(id, reason)
  await advanceExperiments(environmentId, experiments.value.entries, context)
  const open = openExperiments(experiments.value.entries, now)
  if (open.length === 0) {
    if (unknown.length === 0) onEvent({ kind: 'idle', environmentId, work: 'experiments' })
    return
  }
  const [flags, goals] = await Promise.all([api.flags(environmentId), api.goals(environmentId)])
  if (!flags.ok) return failed(flags.problem)
  if (!goals.ok) return failed(goals.problem)
  const plans = open.map((experiment) => planExperiment(experiment, flags.value, goals.value, now))
  const questions = plans.flatMap((plan) =>
    plan.kind === 'count' && plan.goals.length > 0 ? [questionOf(plan)] : [],
  )
  const answers = questions.length === 0 ? undefined : await context.counts.count(environmentId, questions)
  for (const plan of plans) {
    const { experiment } = plan
    if (plan.kind === 'count') await carryOut(environmentId, plan, answers, engine, context)
    else if (plan.kind === 'skipped') skipped(experiment.id, plan.reason)
    else onEvent({ ...plan, environmentId })
  }
}

/** One goal, counted. */
interface CountedGoal {
  readonly goalKey: string
  /** Undefined if it is about conversions. */
  readonly metric: MeasuredMetric | undefined
  /** All who were exposed, if a metric counts fewer. */
  readonly exposed: readonly VariationCounts[] | undefined
  readonly counts: readonly VariationCounts[]
  readonly usersInTwoVariations: number
  readonly damage: LakeDamage
  readonly trust: Trust
  readonly rule: Rule
}

/** Until its end, not until now: no event counts later than now, and the question stays the same. */
const questionOf = ({ experiment, window, goals }: CountingPlan) =>
  experimentQuestion(
    experiment,
    { from: window.from, to: Math.max(window.from, experiment.stopAt) },
    goals.map(({ event }) => event),
  )

async function carryOut(
  environmentId: string,
  plan: CountingPlan,
  answers: Result<Answers, Failure> | undefined,
  engine: Engine,
  context: JobContext,
) {
  const { experiment, goals, window } = plan
  const { onEvent } = context
  const subject = `${environmentId}/${experiment.id}`
  const failed = (goalKey: string, failure: Failure) =>
    onEvent({ kind: 'failed', subject: `${subject}/${goalKey}`, failure })
  for (const failure of plan.failures) onEvent({ kind: 'failed', subject, failure })
  if (answers === undefined || goals.length === 0) return
  const damaged = await context.counts.damaged(environmentId, window)
  // All goals are counted before the first is concluded: how many there are decides what each may name.
  const counted: CountedGoal[] = []
  for (const goal of goals) {
    if (!answers.ok) failed(goal.key, answers.problem)
    else if (!damaged.ok) failed(goal.key, damaged.problem)
    else {
      const found = await countedGoal(environmentId, plan, goal, answers.value, damaged.value, context)
      if (!found.ok) failed(goal.key, found.problem)
      else if (found.value) counted.push(found.value)
      else onEvent({ kind: 'no-events', environmentId, experiment, goalKey: goal.key })
    }
  }
  const discovered = discover(counted, experiment.baselineVariationId)
  for (const goal of counted) {
    const { goalKey } = goal
    const result = await concludeGoal(environmentId, plan, goal, discovered.get(goalKey), engine, context)
    if (result.ok) onEvent({ kind: 'concluded', environmentId, experiment, goalKey, result: result.value })
    else failed(goalKey, result.problem)
  }
}

/** undefined if no user was exposed yet: the posterior would be the prior, which is not worth storing. */
async function countedGoal(
  environmentId: string,
  plan: CountingPlan,
  goal: Goal,
  answers: Answers,
  damaged: readonly DamagedObject[],
  context: JobContext,
): Promise<Result<CountedGoal | undefined, Failure>> {
  const { experiment, design, weights, window } = plan
  const observed = answers.variationsOf(questionOf(plan), goal.event)
  const inVariations = observed.filter(({ users }) => users > 0)
  if (inVariations.length === 0) return ok(undefined)
  const counts = toCounts(inVariations, weights)
  const more = await countGoalMetric(
    environmentId,
    goal,
    questionOf(plan),
    counts,
    { asOf: window.to, isFirstPhase: (experiment.phases?.length ?? 1) <= 1 },
    context,
  )
  if (!more.ok) return more
  return ok({
    goalKey: goal.key,
    metric: more.value?.metric,
    exposed: more.value && counts,
    counts: more.value?.metric.counts ?? counts,
    trust: toTrust(experiment, observed, counts),
    usersInTwoVariations: observed.reduce((sum, row) => sum + row.usersInTwoVariations, 0),
    damage: damageOf(more.value?.damaged ?? damaged),
    rule: ruleOf(design, goal.key, primaryGoalOf(experiment), window, experiment.stopAt),
  })
}

function damageOf(damaged: readonly DamagedObject[]): LakeDamage {
  const missing = damaged.filter(({ isCounted }) => !isCounted)
  return {
    missingObjects: missing.length,
    missingRecords: missing.reduce((sum, { records }) => sum + (records ?? 0), 0),
    doubtfulObjects: damaged.length - missing.length,
  }
}

async function concludeGoal(
  environmentId: string,
  { experiment, window }: CountingPlan,
  { goalKey, metric, counts, exposed, trust, usersInTwoVariations, damage, rule }: CountedGoal,
  discovered: ReadonlySet<string> | undefined,
  engine: Engine,
  { api, now }: JobContext,
): Promise<Result<ExperimentResult, Failure>> {
  const before = await api.newestResult(environmentId, experiment.id, goalKey)
  if (!before.ok) return before
  const changed = changedMetric(goalKey, metric, window, before.value)
  if (changed) return { ok: false, problem: changed }
  const evidence = {
    goalKey,
    baselineVariationId: experiment.baselineVariationId,
    window,
    counts,
    metric,
    exposed,
    usersInTwoVariations,
    damage,
    now,
    seed: seedOf(experiment.id, goalKey, counts),
    prior: jeffreysPrior,
    rule,
    discovered,
    before: before.value,
    trust,
    sharedAddress: experiment.sharedAddress === true,
  }
  const result = await conclude(evidence, engine)
  if (!result.ok) return fail('job', result.problem.message)
  const stored = await api.storeResult(environmentId, experiment.id, result.value)
  return stored.ok ? ok(result.value) : stored
}
