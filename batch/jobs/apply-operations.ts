// Counts the facts of each active operation and applies those that are due. The admin API checks the facts
// again, and applying twice changes nothing, so two runners at once do no harm.
import { isDue, type Operation, type OperationFacts } from '../../core/model/operation.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import { operationQuestion, type Question } from '../counting/question.ts'
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
  const watched: Watched[] = []
  for (const operation of active) {
    const goal = goals.value.find(({ key }) => key === operation.goalKey)
    if (goal) watched.push({ operation, question: operationQuestion(operation, goal.event) })
    else
      failed(
        `${environmentId}/${operation.id}`,
        fail('job', `There is no goal ${operation.goalKey}.`).problem,
      )
  }
  if (watched.length === 0) return
  // Damaged objects are named, and the others decide: a kill switch must not wait for a repair.
  const counted = await context.counts.count(
    environmentId,
    watched.map(({ question }) => question),
  )
  for (const { operation, question } of watched) {
    const event = counted.ok
      ? await applyIfDue(environmentId, operation, counted.value.factsOf(question), context)
      : counted
    if (event.ok) onEvent(event.value)
    else failed(`${environmentId}/${operation.id}`, event.problem)
  }
}

interface Watched {
  readonly operation: Operation
  readonly question: Question
}

async function applyIfDue(
  environmentId: string,
  operation: Operation,
  facts: OperationFacts,
  { api }: JobContext,
): Promise<Result<RunEvent, Failure>> {
  const counted = { environmentId, operation, facts }
  if (!isDue(operation, facts)) return ok({ kind: 'watched', ...counted })
  const applied = await api.applyOperation(environmentId, operation.id, facts)
  return applied.ok ? ok({ kind: 'applied', ...counted, ...applied.value }) : applied
}
