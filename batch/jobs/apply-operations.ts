// Counts the facts of each active operation and applies those that are due. The admin API checks the facts
// again, and applying twice changes nothing, so two runners at once do no harm.
import type { Goal } from '../../core/model/goal.ts'
import { isDue, type Operation } from '../../core/model/operation.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import { countEventRate } from '../lake/counts.ts'
import { countWindow } from './count.ts'
import type { RunEvent } from '../run-event.ts'
import type { JobContext } from './job-context.ts'

export async function applyOperations(environmentId: string, context: JobContext): Promise<void> {
  const { api, onEvent } = context
  const failed = (subject: string, failure: Failure) => onEvent({ kind: 'failed', subject, failure })
  const operations = await api.operations(environmentId)
  if (!operations.ok) return failed(environmentId, operations.problem)
  const { entries, unknown } = operations.value
  const skipped = unknown.filter(({ status }) => status !== 'fired')
  for (const { id, reason } of skipped)
    onEvent({ kind: 'skipped', environmentId, work: 'operations', id, reason })
  const active = entries.filter(({ status }) => status === 'active')
  if (active.length === 0) {
    if (skipped.length === 0) onEvent({ kind: 'idle', environmentId, work: 'operations' })
    return
  }
  const goals = await api.goals(environmentId)
  if (!goals.ok) return failed(environmentId, goals.problem)
  for (const operation of active) {
    const event = await applyIfDue(environmentId, operation, goals.value, context)
    if (event.ok) onEvent(event.value)
    else failed(`${environmentId}/${operation.id}`, event.problem)
  }
}

async function applyIfDue(
  environmentId: string,
  operation: Operation,
  goals: readonly Goal[],
  { api, lake, warehouse, now }: JobContext,
): Promise<Result<RunEvent, Failure>> {
  const goal = goals.find(({ key }) => key === operation.goalKey)
  if (!goal) return fail('job', `There is no goal ${operation.goalKey}.`)
  const window = { from: operation.countingFrom, to: now }
  // Damaged objects are named, and the others decide: a kill switch must not wait for a repair.
  const found = await countWindow(lake, environmentId, window, (files) =>
    countEventRate(warehouse, files, operation, goal.event),
  )
  if (!found.ok) return found
  const facts = found.value.counts
  const counted = { environmentId, operation, facts }
  if (!isDue(operation, facts)) return ok({ kind: 'watched', ...counted })
  const applied = await api.applyOperation(environmentId, operation.id, facts)
  return applied.ok ? ok({ kind: 'applied', ...counted, ...applied.value }) : applied
}
