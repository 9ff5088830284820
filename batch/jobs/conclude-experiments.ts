// From open experiments to stored results: plans what to count for each, counts and fits each goal, and
// stores the result.
import { createHash } from 'node:crypto'
import { type Experiment, primaryGoalOf } from '../../core/model/experiment.ts'
import { countedByDefault, type CountedEvents } from '../../core/model/counted-events.ts'
import type { ExperimentResult, Prior, Trust } from '../../core/model/experiment-result.ts'
import type { Goal } from '../../core/model/goal.ts'
import { resultBytesMax } from '../../core/model/limits.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Provenance } from '../../core/model/provenance.ts'
import { type Failure, fail } from '../failure.ts'
import type { DamagedObject } from '../lake/objects.ts'
import type { Answers } from '../counting/answers.ts'
import type { ObservedVariation } from '../counting/observed-variation.ts'
import { experimentQuestion, unitAttributeOf } from '../counting/question.ts'
import { changedMetric, countGoalMetric } from './count-goal-metric.ts'
import { toEvidenceRecord } from '../reproduce/evidence-record.ts'
import { countingDigest, releaseOf } from '../reproduce/sql-files.ts'
import { jeffreysPrior } from '../../core/statistics/prior.ts'
import type { Evidence, VariationCounts } from '../statistics/conclude.ts'
import { ruleOf } from '../statistics/design.ts'
import { discover } from '../statistics/discover.ts'
import type { Engine } from '../statistics/fit.ts'
import type { LakeDamage } from '../statistics/health.ts'
import { keepFound } from '../statistics/interaction.ts'
import { advanceExperiments } from './advance-experiments.ts'
import { judgeGuardrails } from './judge-guardrails.ts'
import type { JobContext } from './job-context.ts'
import { concludeWithin } from './conclude-within.ts'
import { countBreakdowns, searchMismatch } from './count-breakdowns.ts'
import { countInteractions, noOverlaps, type Overlaps } from './count-interactions.ts'
import type { CountedGoal } from './counted-goal.ts'
import { type CountingPlan, openExperiments, planExperiment, toCounts } from './plan-experiment.ts'

/** Of the variations in `counts`, in their order. */
export function toTrust(
  { counts: counted, unitAttribute }: { readonly counts: CountedEvents; readonly unitAttribute: string },
  observed: readonly ObservedVariation[],
  counts: readonly VariationCounts[],
): Trust {
  const byVariation = new Map(observed.map((row) => [row.variationId, row]))
  return {
    counts: counted,
    unitAttribute,
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
  const counting = plans.filter((plan) => plan.kind === 'count')
  const overlaps = await countInteractions(environmentId, counting, experiments.value.entries, context)
  if (!overlaps.ok)
    onEvent({ kind: 'failed', subject: `${environmentId}/interactions`, failure: overlaps.problem })
  const shared = overlaps.ok ? overlaps.value : noOverlaps
  for (const plan of plans) {
    const { experiment } = plan
    if (plan.kind === 'count') await carryOut(environmentId, plan, answers, shared, engine, context)
    else if (plan.kind === 'skipped') skipped(experiment.id, plan.reason)
    else onEvent({ ...plan, environmentId })
  }
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
  overlaps: Overlaps,
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
  const segments = await countBreakdowns(environmentId, plan, questionOf(plan), context)
  if (!segments.ok) onEvent({ kind: 'failed', subject: `${subject}/breakdown`, failure: segments.problem })
  // A metric counts other users, and other events.
  const segmentsOf = ({ event, metric }: CountedGoal) =>
    segments.ok && metric === undefined ? segments.value.get(event) : undefined
  // All goals are counted before the first is concluded: how many there are decides what each may name.
  const counted: CountedGoal[] = []
  for (const goal of goals) {
    if (!answers.ok) failed(goal.key, answers.problem)
    else if (!damaged.ok) failed(goal.key, damaged.problem)
    else {
      const found = await countedGoal(environmentId, plan, goal, answers.value, damaged.value, context)
      if (!found.ok) failed(goal.key, found.problem)
      else if (found.value)
        counted.push({
          ...found.value,
          segments: segmentsOf(found.value),
          overlaps: found.value.rule.role === 'primary' ? overlaps.get(experiment.id) : undefined,
        })
      else onEvent({ kind: 'no-events', environmentId, experiment, goalKey: goal.key })
    }
  }
  const search = await searchMismatch(environmentId, plan, questionOf(plan), counted[0], context)
  if (!search.ok) onEvent({ kind: 'failed', subject: `${subject}/search`, failure: search.problem })
  const discovered = discover(counted, experiment.baselineVariationId)
  const guardrails = await judgeGuardrails(environmentId, plan, counted, context)
  if (!guardrails.ok) return failed(primaryGoalOf(experiment) ?? '', guardrails.problem)
  for (const goal of counted) {
    const { goalKey } = goal
    const more = {
      discovered: discovered.get(goalKey),
      guardrails: guardrails.value.filter(
        (report) => goal.rule.role === 'primary' || report.goalKey === goalKey,
      ),
    }
    const result = await concludeGoal(
      environmentId,
      plan,
      { ...goal, search: search.ok ? search.value.get(goal.event) : undefined },
      more,
      engine,
      context,
    )
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
    {
      asOf: window.to,
      isFirstPhase: (experiment.phases?.length ?? 1) <= 1,
      exposuresUntil: experiment.exposuresUntil,
      cap: experiment.history?.find(({ goalKey }) => goalKey === goal.key)?.cap,
    },
    context,
  )
  if (!more.ok) return more
  return ok({
    goalKey: goal.key,
    event: goal.event,
    metric: more.value?.metric,
    exposed: more.value && counts,
    counts: more.value?.metric.counts ?? counts,
    trust: toTrust(trustedBy(experiment), observed, counts),
    usersInTwoVariations: observed.reduce((sum, row) => sum + row.usersInTwoVariations, 0),
    damage: damageOf(more.value?.damaged ?? damaged),
    segments: undefined,
    search: undefined,
    overlaps: undefined,
    rule: ruleOf(design, goal.key, primaryGoalOf(experiment), window, experiment.stopAt),
  })
}

const trustedBy = (experiment: Experiment) => ({
  counts: experiment.counts ?? countedByDefault,
  unitAttribute: unitAttributeOf(experiment),
})

export function damageOf(damaged: readonly DamagedObject[]): LakeDamage {
  const missing = damaged.filter(({ isCounted }) => !isCounted)
  return {
    missingObjects: missing.length,
    missingRecords: missing.reduce((sum, { records }) => sum + (records ?? 0), 0),
    doubtfulObjects: damaged.length - missing.length,
  }
}

async function concludeGoal(
  environmentId: string,
  plan: CountingPlan,
  goal: CountedGoal,
  more: Pick<Evidence, 'discovered' | 'guardrails'>,
  engine: Engine,
  { api, now }: JobContext,
): Promise<Result<ExperimentResult, Failure>> {
  const { experiment, window } = plan
  const { goalKey, metric, counts, exposed, trust, usersInTwoVariations, damage, rule, segments, search } =
    goal
  const before = await api.newestResult(environmentId, experiment.id, goalKey)
  if (!before.ok) return before
  const changed = changedMetric(goalKey, metric, window, before.value)
  if (changed) return { ok: false, problem: changed }
  const evidence = {
    goalKey,
    baselineVariationId: experiment.baselineVariationId,
    window: { ...window, ...frozenAt(experiment, window) },
    counts,
    metric,
    exposed,
    usersInTwoVariations,
    damage,
    now,
    seed: seedOf(experiment.id, goalKey, counts),
    prior: priorOf(experiment, goalKey),
    rule,
    segments,
    search,
    ...more,
    before: before.value,
    trust,
    sharedAddress: experiment.sharedAddress === true,
  }
  const provenance = provenanceOf(plan, goal, toEvidenceRecord(evidence), now)
  const concluded = await concludeWithin(
    resultBytesMax,
    evidence,
    overlapsOf(goal, evidence),
    provenance,
    engine,
  )
  if (!concluded.ok) return fail('job', concluded.problem.message)
  const stored = await api.storeResult(environmentId, experiment.id, concluded.value)
  return stored.ok ? concluded : stored
}

/** With those of the same phase that were found earlier, at a look that could be trusted. */
function overlapsOf({ rule, overlaps = [] }: CountedGoal, evidence: Evidence) {
  const { before, window, baselineVariationId } = evidence
  const isTrusted = before?.window?.from === window.from && before.health?.status !== 'red'
  const known = isTrusted ? (before.interactions ?? []) : []
  return rule.role === 'primary' ? keepFound(overlaps, known, baselineVariationId) : []
}

/** As it was fixed at the start. */
function priorOf({ history = [] }: Experiment, goalKey: string): Prior {
  const { prior, from } = history.find((one) => one.goalKey === goalKey) ?? {}
  return prior ? { ...prior, ...(from && { from }) } : jeffreysPrior
}

/** If users who came later do not count. */
const frozenAt = ({ exposuresUntil }: Experiment, { to }: CountingPlan['window']) =>
  exposuresUntil !== undefined && exposuresUntil < to ? { exposuresUntil } : {}

/** What it takes to compute the result again (batch/reproduce). */
const provenanceOf = (
  plan: CountingPlan,
  { event }: CountedGoal,
  evidence: Provenance['evidence'],
  asOf: number,
): Provenance => {
  const { start: from, end: to } = questionOf(plan)
  const { flagKey, ruleId } = plan.experiment
  return {
    asOf,
    release: releaseOf(),
    sqlSha256: countingDigest(),
    counted: { flagKey, ruleId, ...trustedBy(plan.experiment), from, to, event },
    evidence,
  }
}
