// Gathers the facts of active operations and applies those that are due. The admin API looks at the facts
// again, and applying twice changes nothing, so that two runners at once do no harm.
import type { Goal } from '../../core/model/goal.ts'
import { isDue, type Operation } from '../../core/model/operation.ts'
import type { AdminApi } from '../admin-api.ts'
import { done, fail, type Outcome } from '../failure.ts'
import type { LakeCache } from '../lake/cache.ts'
import { countEventRate } from '../lake/counts.ts'
import type { Warehouse } from '../lake/warehouse.ts'
import type { Report, Tell } from '../run-event.ts'

export interface ApplyMeans {
  readonly api: AdminApi
  readonly lake: LakeCache
  readonly warehouse: Warehouse
  readonly now: number
  readonly tell: Tell
}

export async function applyOperations(environmentId: string, means: ApplyMeans): Promise<void> {
  const { api, tell } = means
  const operations = await api.operations(environmentId)
  if (!operations.ok) return tell({ kind: 'failed', subject: environmentId, failure: operations.failure })
  const active = operations.value.filter(({ status }) => status === 'active')
  if (active.length === 0) return tell({ kind: 'idle', environmentId, work: 'operations' })
  const goals = await api.goals(environmentId)
  if (!goals.ok) return tell({ kind: 'failed', subject: environmentId, failure: goals.failure })
  for (const operation of active) {
    const report = await watch(environmentId, operation, goals.value, means)
    tell(
      report.ok
        ? report.value
        : { kind: 'failed', subject: `${environmentId}/${operation.id}`, failure: report.failure },
    )
  }
}

async function watch(
  environmentId: string,
  operation: Operation,
  goals: readonly Goal[],
  { api, lake, warehouse, now }: ApplyMeans,
): Promise<Outcome<Report>> {
  const goal = goals.find(({ key }) => key === operation.goalKey)
  if (!goal) return fail('job', `There is no goal ${operation.goalKey}.`)
  const files = await lake.files(environmentId, { from: operation.countingFrom, to: now })
  if (!files.ok) return files
  const facts = await countEventRate(warehouse, files.value, operation, goal.event)
  if (!facts.ok) return facts
  const about = { environmentId, operation, facts: facts.value }
  if (!isDue(operation, facts.value)) return done({ kind: 'watched', ...about })
  const applied = await api.applyOperation(environmentId, operation.id, facts.value)
  return applied.ok ? done({ kind: 'applied', ...about, ...applied.value }) : applied
}
