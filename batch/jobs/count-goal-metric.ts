// Counts a goal with a metric: who was exposed is counted as for every goal, what the users' events are worth
// beside it.
import { isDeepStrictEqual } from 'node:util'
import { conversion, GoalMetric, isPlainConversion } from '../../core/model/goal-metric.ts'
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

/** Undefined: conversions, as without a metric. */
function metricOf(goal: Goal): Result<GoalMetric | undefined, Failure> {
  const metric = GoalMetric.safeParse(goal.metric ?? conversion)
  if (!metric.success) return fail('job', `The metric of goal ${goal.key} is unknown to this release.`)
  return ok(isPlainConversion(metric.data) ? undefined : metric.data)
}

const withoutPrior = (metric: GoalMetric): GoalMetric =>
  metric.kind === 'count' || metric.kind === 'value' ? { ...metric, priorDays: 0 } : metric

export interface CountedGoalMetric {
  readonly metric: MeasuredMetric
  readonly damaged: readonly DamagedObject[]
}

/**
 * `exposures` is the question that `counts`, of the users who were exposed, answer. `asOf`: epoch
 * milliseconds. Resolves to undefined if the goal is about conversions alone.
 */
export async function countGoalMetric(
  environmentId: string,
  goal: Goal,
  exposures: Question,
  counts: readonly ArmCounts[],
  { asOf, isFirstPhase }: { readonly asOf: number; readonly isFirstPhase: boolean },
  { metrics }: JobContext,
): Promise<Result<CountedGoalMetric | undefined, Failure>> {
  const definition = metricOf(goal)
  if (!definition.ok) return definition
  if (!definition.value) return ok(undefined)
  // What users did before a later phase they did in a variation: to adjust by it takes the effect away.
  const metric = isFirstPhase ? definition.value : withoutPrior(definition.value)
  const question = metricQuestion(exposures, goal.event, metric, asOf)
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
  const asked = metric && { definition: metric.definition, event: metric.event }
  const known = before.metric && { definition: before.metric.definition, event: before.metric.event }
  if (isDeepStrictEqual(asked, known)) return undefined
  return fail(
    'job',
    `The metric of goal ${goalKey} is another than that of the last result, which stands: start a new phase ` +
      'of the experiment to count by the new one.',
  ).problem
}
