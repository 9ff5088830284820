// Counts a goal with a metric: who was exposed is counted as for every goal, what the users' events are worth
// beside it.
import { isDeepStrictEqual } from 'node:util'
import { conversion, GoalMetric, isPlainConversion, withCap } from '../../core/model/goal-metric.ts'
import type { Goal } from '../../core/model/goal.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { EarlierResult } from '../admin-api-schemas.ts'
import { metricQuestion } from '../counting/metric-counts.ts'
import type { Question } from '../counting/question.ts'
import { type Failure, fail } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import type { DamagedObject } from '../lake/objects.ts'
import type { ArmCounts } from '../statistics/comparison.ts'
import { type MeasuredMetric, measureMetric } from '../statistics/measure-metric.ts'
import type { JobContext } from './job-context.ts'

/** Undefined: conversions of all who were exposed, as the usual counts have them. */
function metricOf(
  goal: Goal,
  isFrozen: boolean,
  cap: number | undefined,
): Result<GoalMetric | undefined, Failure> {
  const metric = readMetric(goal)
  if (!metric.ok) return metric
  return ok(isPlainConversion(metric.value) && !isFrozen ? undefined : withCap(metric.value, cap))
}

/** Control may be one release ahead, and know more metrics. */
export function readMetric(goal: Goal): Result<GoalMetric, Failure> {
  const metric = GoalMetric.safeParse(goal.metric ?? conversion)
  return metric.success
    ? ok(metric.data)
    : fail('job', `The metric of goal ${goal.key} is unknown to this release.`)
}

const withoutPrior = (metric: GoalMetric): GoalMetric =>
  metric.kind === 'count' || metric.kind === 'value' ? { ...metric, priorDays: 0 } : metric

export interface CountedUsers {
  /** Epoch milliseconds: the end of what has happened. */
  readonly asOf: number
  readonly isFirstPhase: boolean
  /** Users who are exposed later do not count. */
  readonly exposuresUntil: number | undefined
  /** Of a goal that is capped by history: as it was fixed at the start. */
  readonly cap: number | undefined
}

export interface CountedGoalMetric {
  readonly metric: MeasuredMetric
  readonly damaged: readonly DamagedObject[]
}

/**
 * `exposures` is the question that `counts`, of the users who were exposed, answer. Resolves to undefined if
 * the goal is about conversions of all of them.
 */
export async function countGoalMetric(
  environmentId: string,
  goal: Goal,
  exposures: Question,
  counts: readonly ArmCounts[],
  { asOf, isFirstPhase, exposuresUntil, cap }: CountedUsers,
  { metrics }: JobContext,
): Promise<Result<CountedGoalMetric | undefined, Failure>> {
  const definition = metricOf(goal, exposuresUntil !== undefined && exposuresUntil < asOf, cap)
  if (!definition.ok) return definition
  if (!definition.value) return ok(undefined)
  // What users did before a later phase they did in a variation: to adjust by it takes the effect away.
  const metric = isFirstPhase ? definition.value : withoutPrior(definition.value)
  const question = metricQuestion(exposures, goal.event, metric, asOf, exposuresUntil)
  const found = await metrics.count(environmentId, question)
  if (!found.ok) return found
  const { byVariation, high, damaged } = found.value
  const { event } = goal
  return ok({
    metric: measureMetric({ event, definition: metric, byVariation, high }, counts),
    damaged,
  })
}

/**
 * A cap or a window that changes under a result would make another question of it, which its earlier looks
 * did not ask. So the goal's metric is held to that of the results of the same phase.
 */
export function changedMetric(
  goalKey: string,
  metric: MeasuredMetric | undefined,
  window: Window,
  before: EarlierResult | undefined,
): Failure | undefined {
  if (!before || before.window.from !== window.from) return undefined
  // Conversions of fewer users are still conversions.
  const isPlain = metric === undefined || isPlainConversion(metric.definition)
  const asked = isPlain ? undefined : { definition: metric.definition, event: metric.event }
  const wasPlain = before.metric === undefined || isPlainConversion(before.metric.definition)
  const known = wasPlain ? undefined : { definition: before.metric!.definition, event: before.metric!.event }
  if (isDeepStrictEqual(asked, known)) return undefined
  return fail(
    'job',
    `The metric of goal ${goalKey} is another than that of the last result, which stands: start a new phase ` +
      'of the experiment to count by the new one.',
  ).problem
}
