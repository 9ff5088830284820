// Commands on automatic operations.
import { type Entities, type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { statusAt } from '../model/experiment.ts'
import { actionDefault, isRearmDue, type OperationAction } from '../model/operation.ts'
import { whyNotDue } from '../model/operation-watch.ts'
import { ok, refuse } from '../model/problem.ts'
import {
  type Change,
  type ChangeContext,
  create,
  draftId,
  find,
  problemsOf,
  put,
  remove,
  update,
} from './entity.ts'
import { stopped, toWholeSecond } from './experiment.ts'
import { toggled } from './edit-flag.ts'
import type { Handlers } from './handler.ts'
import { refuseArchived } from './missing.ts'
import { shareIn, withRollout } from './operation-share.ts'

type Operation = Entities['operation']

export const operationHandlers: Handlers<
  'create-operation' | 'update-operation' | 'apply-operation' | 'arm-operation' | 'delete-operation'
> = {
  'create-operation': (state, { operation: draft }, context) => {
    const id = draftId(draft, context)
    const countingFrom = draft.countingFrom ?? toWholeSecond(context.now)
    const fields = withRollout(state, { ...draft, id, countingFrom, status: 'active' as const })
    return refuseArchived(state, draft.flagKey) ?? create(state, 'operation', id, fields, context)
  },
  'update-operation': (state, command, context) =>
    update(state, 'operation', command, context, (current) => {
      const { rearmAfterMs, ...changes } = command.changes
      const { rearmAfterMs: before, ...rest } = current
      const after = rearmAfterMs === undefined ? before : (rearmAfterMs ?? undefined)
      return { ...rest, ...changes, ...(after !== undefined && { rearmAfterMs: after }) }
    }),
  /** Checks the facts again: an operation that is not due is refused; applied twice, it changes nothing. */
  'apply-operation': (state, { id, facts }, context) => {
    const found = find(state, 'operation', { id })
    if (!found.ok) return found
    const { value: operation } = found
    if (operation.status === 'fired') return ok({ writes: [], entity: operation })
    const why = whyNotDue(operation, facts, context.now)
    if (why !== undefined)
      return refuse('CONFLICT', `the operation is not due on these facts: ${why}`, { current: operation })
    const value = next(operation, { status: 'fired', firedAt: context.now }, context)
    const { action = actionDefault } = operation
    const writes: Change['writes'] = [
      ...effectOf(state, operation.flagKey, action, context),
      { kind: 'operation', id, value },
    ]
    // A kill switch is not held up by an experiment.
    return ok({ writes, entity: value, experiment: 'stop' })
  },
  /**
   * It watches again, from now on. Armed already, nothing changes; nor, with `whenQuiet`, before the time
   * that it is to be quiet is over.
   */
  'arm-operation': (state, { id, version, whenQuiet }, context) => {
    const found = find(state, 'operation', { id, version })
    if (!found.ok) return found
    const { value: operation } = found
    if (operation.status === 'active' || (whenQuiet && !isRearmDue(operation, context.now)))
      return ok({ writes: [], entity: operation })
    const { firedAt: _, share: __, restarted: ___, ...rest } = operation
    const share = shareIn(state, operation)
    const armed = { ...rest, ...(share !== undefined && { share }) }
    const value = next(armed, { status: 'active', countingFrom: toWholeSecond(context.now) }, context)
    const write = { kind: 'operation', id, value } as const
    const problems = problemsOf(withWrites(state, [write]), write, state)
    return problems.ok ? put(write) : problems
  },
  'delete-operation': (state, command) => remove(state, 'operation', command),
}

const next = (operation: Operation, fields: Partial<Operation>, { now }: ChangeContext): Operation => ({
  ...operation,
  ...fields,
  version: operation.version + 1,
  updatedAt: now,
})

/** None if everything is so already. */
function effectOf(
  state: EnvironmentState,
  flagKey: string,
  action: OperationAction,
  context: ChangeContext,
): Write[] {
  if (action.kind === 'notify') return []
  if (action.kind === 'stop-experiment') {
    const experiment = state.experiment.get(action.experimentId)
    if (!experiment || !['waiting', 'running'].includes(statusAt(experiment, context.now))) return []
    const value = {
      ...stopped(experiment, context.now),
      version: experiment.version + 1,
      updatedAt: context.now,
    }
    return [{ kind: 'experiment', id: experiment.id, value }]
  }
  const flag = state.flag.get(flagKey)
  if (!flag || flag.archived) return []
  const offVariationId = action.kind === 'serve' ? action.variationId : flag.offVariationId
  const isSoAlready = !flag.enabled && offVariationId === flag.offVariationId
  const served = action.kind === 'serve' ? { ...flag, offVariationId } : flag
  return isSoAlready ? [] : [toggled(served, false, context)]
}
