// Looks at each active operation and applies those that are due, then says what it saw. The admin API checks
// the facts again, and applying twice changes nothing, so two runners at once do no harm.
import type { Goal } from '../../core/model/goal.ts'
import { isRearmDue, type Operation } from '../../core/model/operation.ts'
import { watch, watchedFrom } from '../../core/model/operation-watch.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { OperationLookAt } from '../admin-api.ts'
import { type Failure, fail } from '../failure.ts'
import { countMinutes } from '../lake/operation-minutes.ts'
import type { RunEvent } from '../run-event.ts'
import { countWindow } from './count.ts'
import type { JobContext } from './job-context.ts'

export async function applyOperations(environmentId: string, context: JobContext): Promise<void> {
  const { api, now, onEvent } = context
  const failed = (subject: string, failure: Failure) => onEvent({ kind: 'failed', subject, failure })
  const operations = await api.operations(environmentId)
  if (!operations.ok) return failed(environmentId, operations.problem)
  const { entries, unknown } = operations.value
  const skipped = unknown.filter(({ status }) => status !== 'fired')
  for (const { id, reason } of skipped)
    onEvent({ kind: 'skipped', environmentId, work: 'operations', id, reason })
  for (const operation of entries.filter((each) => isRearmDue(each, now))) {
    const armed = await api.armOperation(environmentId, operation.id)
    if (!armed.ok) failed(`${environmentId}/${operation.id}`, armed.problem)
    else if (armed.value) onEvent({ kind: 'armed', environmentId, operation })
  }
  const active = entries.filter(({ status }) => status === 'active')
  if (active.length === 0) {
    if (skipped.length === 0) onEvent({ kind: 'idle', environmentId, work: 'operations' })
    return
  }
  const goals = await api.goals(environmentId)
  if (!goals.ok) return failed(environmentId, goals.problem)
  const looks: OperationLookAt[] = []
  for (const operation of active) {
    const event = await applyIfDue(environmentId, operation, goals.value, context)
    if (!event.ok) failed(`${environmentId}/${operation.id}`, event.problem)
    else {
      looks.push({ operationId: operation.id, look: event.value.look })
      onEvent(event.value)
    }
  }
  const stored = await api.storeLooks(environmentId, looks)
  if (!stored.ok) failed(environmentId, stored.problem)
}

type Looked = Extract<RunEvent, { kind: 'watched' | 'applied' }>

async function applyIfDue(
  environmentId: string,
  operation: Operation,
  goals: readonly Goal[],
  { api, lake, warehouse, now }: JobContext,
): Promise<Result<Looked, Failure>> {
  const goal = goals.find(({ key }) => key === operation.goalKey)
  if (!goal) return fail('job', `There is no goal ${operation.goalKey}.`)
  const window = { from: watchedFrom(operation, now), to: now }
  // Damaged objects are named, and the others decide: a kill switch must not wait for a repair.
  const found = await countWindow(lake, environmentId, window, (files) =>
    countMinutes(warehouse, files, operation, goal.event, now),
  )
  if (!found.ok) return found
  const looked = { environmentId, operation, ...watch(operation, found.value.counts, now) }
  if (!looked.facts.evidence) return ok({ kind: 'watched', ...looked })
  const applied = await api.applyOperation(environmentId, operation.id, looked.facts)
  return applied.ok ? ok({ kind: 'applied', ...looked, ...applied.value }) : applied
}
