// Counts a goal with a metric: who was exposed is counted as for every goal, what the users' events are worth
// beside it.
import { isDeepStrictEqual } from 'node:util'
import type { Experiment } from '../../core/model/experiment.ts'
import { conversion, GoalMetric, isPlainConversion } from '../../core/model/goal-metric.ts'
import type { Goal } from '../../core/model/goal.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { EarlierResult } from '../admin-api-schemas.ts'
import { type Failure, fail } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import { countMetric, lakeWindowOf } from '../lake/count-metric.ts'
import type { ArmCounts } from '../statistics/comparison.ts'
import type { LakeDamage } from '../statistics/health.ts'
import { type MeasuredMetric, measureMetric } from '../statistics/measure-metric.ts'
import { countWindow } from './count.ts'
import type { JobContext } from './job-context.ts'

/** Undefined: conversions, as without a metric. */
export function metricOf(goal: Goal): Result<GoalMetric | undefined, Failure> {
  const metric = GoalMetric.safeParse(goal.metric ?? conversion)
  if (!metric.success) return fail('job', `The metric of goal ${goal.key} is unknown to this release.`)
  return ok(isPlainConversion(metric.data) ? undefined : metric.data)
}

export interface CountedGoalMetric {
  readonly metric: MeasuredMetric
  /** Also of the days before the experiment that the metric looks at. */
  readonly damage: LakeDamage
}

/** `counts` are those of the users who were exposed. */
export async function countGoalMetric(
  environmentId: string,
  experiment: Experiment,
  window: Window,
  { event }: Goal,
  definition: GoalMetric,
  counts: readonly ArmCounts[],
  { lake, warehouse }: JobContext,
): Promise<Result<CountedGoalMetric, Failure>> {
  const question = { event, metric: definition, asOf: window.to }
  const found = await countWindow(lake, environmentId, lakeWindowOf(window, definition), (files, { to }) =>
    countMetric(warehouse, files, experiment, { from: window.from, to }, question),
  )
  if (!found.ok) return found
  const { counts: sums, damage } = found.value
  return ok({ metric: measureMetric({ event, definition, ...sums }, counts), damage })
}

/**
 * A cap or a window that changes under a result would make another question of it, which its earlier looks
 * did not ask. So the goal's metric is held to that of the results of the same phase.
 */
export function changedMetric(
  goal: Goal,
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
    `The metric of goal ${goal.key} is another than that of the last result, which stands: start a new phase ` +
      'of the experiment to count by the new one.',
  ).problem
}
