// What `retain` does on its schedule: deletes what the environment's settings say is too old, but no day
// that something open still reads (still-read.ts): a result must not change because a day of it is gone.
import type { Result } from '../../core/model/problem.ts'
import { retentionOf, type StillRead } from '../../core/model/retention.ts'
import type { AdminApi } from '../admin-api.ts'
import { type Failure, fail } from '../failure.ts'
import type { LakeContext } from './lake-context.ts'
import { retain } from './retain.ts'
import { stillReadOf } from './still-read.ts'

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
  const read = await readOf(environmentId, api, now)
  if (!read.ok) return failed(read.problem)
  await retain(environmentId, retention, context, read.value)
}

async function readOf(
  environmentId: string,
  api: AdminApi,
  now: number,
): Promise<Result<StillRead, Failure>> {
  const [experiments, holdouts, allocations, operations, rollouts, goals] = await Promise.all([
    api.experiments(environmentId),
    api.holdouts(environmentId),
    api.dynamicAllocations(environmentId),
    api.operations(environmentId),
    api.progressiveRollouts(environmentId),
    api.goals(environmentId),
  ])
  if (!experiments.ok) return experiments
  if (!holdouts.ok) return holdouts
  if (!allocations.ok) return allocations
  if (!operations.ok) return operations
  if (!rollouts.ok) return rollouts
  if (!goals.ok) return goals
  const read = stillReadOf(
    {
      experiments: experiments.value,
      holdouts: holdouts.value,
      allocations: allocations.value,
      operations: operations.value,
      rollouts: rollouts.value,
      goals: goals.value,
    },
    now,
  )
  return read.ok ? read : fail('job', `${read.problem.message} Nothing is deleted.`)
}
