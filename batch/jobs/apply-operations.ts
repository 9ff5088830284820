// Looks at each active operation and applies those that are due, then says what it saw. The admin API checks
// the facts again, and applying twice changes nothing, so two runners at once do no harm.
import { isRearmDue, type Operation } from '../../core/model/operation.ts'
import { type MinuteCounts, watch } from '../../core/model/operation-watch.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { OperationLookAt } from '../automation-api.ts'
import type { Watched } from '../counting/operation-minutes.ts'
import { type Failure, fail } from '../failure.ts'
import type { RunEvent } from '../run-event.ts'
import type { JobContext } from './job-context.ts'
import type { Lent } from './with-lease.ts'

/** What was counted of each operation that watches, by id. */
export type CountedOperations = ReadonlyMap<
  string,
  { readonly operation: Operation; readonly rows: readonly MinuteCounts[] }
>

const none: CountedOperations = new Map()

export async function applyOperations(environmentId: string, context: Context): Promise<CountedOperations> {
  const { api, now, onEvent } = context
  const failed = (subject: string, failure: Failure) => {
    onEvent({ kind: 'failed', subject, failure })
    return none
  }
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
    return none
  }
  const goals = await api.goals(environmentId)
  if (!goals.ok) return failed(environmentId, goals.problem)
  const watched: Watched[] = []
  for (const operation of active) {
    const goal = goals.value.find(({ key }) => key === operation.goalKey)
    if (goal) watched.push({ operation, event: goal.event })
    else
      failed(
        `${environmentId}/${operation.id}`,
        fail('job', `There is no goal ${operation.goalKey}.`).problem,
      )
  }
  if (watched.length === 0) return none
  // Damaged objects are named, and the others decide: a kill switch must not wait for a repair.
  const counted = await context.minutes.count(environmentId, watched, now)
  const looks: OperationLookAt[] = []
  for (const [i, { operation }] of watched.entries()) {
    const event = counted.ok
      ? await applyIfDue(environmentId, operation, counted.value[i] ?? [], context)
      : counted
    if (event.ok) {
      looks.push({ operationId: operation.id, look: event.value.look })
      onEvent(event.value)
    } else failed(`${environmentId}/${operation.id}`, event.problem)
  }
  const stored = await api.storeLooks(environmentId, looks)
  if (!stored.ok) failed(environmentId, stored.problem)
  if (!counted.ok) return none
  return new Map(
    watched.map(({ operation }, i) => [operation.id, { operation, rows: counted.value[i] ?? [] }]),
  )
}

type Context = Omit<JobContext, 'counts'> & Lent
type Looked = Extract<RunEvent, { kind: 'watched' | 'applied' }>

async function applyIfDue(
  environmentId: string,
  operation: Operation,
  rows: readonly MinuteCounts[],
  { api, now, isHeld }: Context,
): Promise<Result<Looked, Failure>> {
  const looked = { environmentId, operation, ...watch(operation, rows, now) }
  if (!looked.facts.evidence || !(await isHeld())) return ok({ kind: 'watched', ...looked })
  const applied = await api.applyOperation(environmentId, operation.id, looked.facts)
  return applied.ok ? ok({ kind: 'applied', ...looked, ...applied.value }) : applied
}
