// What `retain` does on its schedule: deletes what the environment's settings say is too old, but no day
// that an open experiment, holdout or dynamic allocation still counts: a result must not change because a day
// of it is gone.
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import { conversion, priorDaysOf } from '../../core/model/goal-metric.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { retentionOf } from '../../core/model/retention.ts'
import type { AdminApi } from '../admin-api.ts'
import { type Failure, fail } from '../failure.ts'
import type { LakeContext } from './lake-context.ts'
import { openExperiments } from './plan-experiment.ts'
import { retain } from './retain.ts'

const dayMs = 86_400_000

export async function retainBySettings(
  environmentId: string,
  api: AdminApi,
  context: LakeContext,
): Promise<void> {
  const { now, onEvent } = context
  const failed = (failure: Failure) => onEvent({ kind: 'failed', subject: environmentId, failure })
  const settings = await api.settings(environmentId)
  if (!settings.ok) return failed(settings.problem)
  const retention = retentionOf(settings.value)
  if (!retention) return onEvent({ kind: 'no-retention', environmentId })
  const countedFrom = await countedFromOf(environmentId, api, now)
  if (!countedFrom.ok) return failed(countedFrom.problem)
  await retain(environmentId, retention, context, countedFrom.value)
}

/** Epoch milliseconds; Infinity if nothing is counted. */
async function countedFromOf(
  environmentId: string,
  api: AdminApi,
  now: number,
): Promise<Result<number, Failure>> {
  const [experiments, holdouts, allocations, goals] = await Promise.all([
    api.experiments(environmentId),
    api.holdouts(environmentId),
    api.dynamicAllocations(environmentId),
    api.goals(environmentId),
  ])
  if (!experiments.ok) return experiments
  if (!holdouts.ok) return holdouts
  if (!allocations.ok) return allocations
  if (!goals.ok) return goals
  const [unknown] = [experiments, holdouts, allocations]
    .flatMap(({ value }) => value.unknown)
    .filter(({ status }) => status !== 'stopped')
  if (unknown)
    return fail(
      'job',
      `It is not known which days ${unknown.id} counts: ${unknown.reason}. Nothing is deleted.`,
    )
  const starts = [
    ...openExperiments(experiments.value.entries, now).map(({ startAt }) => startAt),
    ...holdouts.value.entries
      .filter(({ stopAt }) => now - stopAt < eventAgeMaxMs)
      .map(({ startAt }) => startAt),
    ...allocations.value.entries
      .filter(({ status }) => status !== 'stopped')
      .flatMap(({ phases }) => phases.map(({ startAt }) => startAt)),
  ]
  // A metric also reads the days before.
  const priorDays = goals.value.map(({ metric = conversion }) => priorDaysOf(metric))
  return ok(Math.min(Infinity, ...starts) - Math.max(0, ...priorDays) * dayMs)
}
