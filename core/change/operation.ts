// Commands on automatic operations.
import { isDue } from '../model/operation.ts'
import { ok, refuse } from '../model/problem.ts'
import { type Change, create, draftId, edit, find, put, remove } from './entity.ts'
import { toWholeSecond } from './experiment.ts'
import { toggled } from './edit-flag.ts'
import type { Handlers } from './handler.ts'

export const operationHandlers: Handlers<
  'create-operation' | 'update-operation' | 'apply-operation' | 'delete-operation'
> = {
  'create-operation': (state, { operation: draft }, context) => {
    const id = draftId(draft, context)
    const countingFrom = draft.countingFrom ?? toWholeSecond(context.now)
    return create(state, 'operation', id, { ...draft, id, countingFrom, status: 'active' }, context)
  },
  'update-operation': (state, command, context) => edit(state, 'operation', command, context),
  /** Checks the facts again: an operation that is not due is refused; applied twice, it changes nothing. */
  'apply-operation': (state, { id, facts }, context) => {
    const found = find(state, 'operation', { id })
    if (!found.ok) return found
    const { value: operation } = found
    if (operation.status === 'fired') return ok({ writes: [], entity: operation })
    if (!isDue(operation, facts))
      return refuse('CONFLICT', 'the operation is not due on these facts', { current: operation })
    const value = {
      ...operation,
      status: 'fired' as const,
      version: operation.version + 1,
      updatedAt: context.now,
    }
    const flag = state.flag.get(operation.flagKey)
    if (!flag?.enabled || flag.archived) return put({ kind: 'operation', id, value })
    const writes: Change['writes'] = [toggled(flag, false, context), { kind: 'operation', id, value }]
    // A kill switch is not held up by an experiment.
    return ok({ writes, entity: value, experiment: 'stop' })
  },
  'delete-operation': (state, command) => remove(state, 'operation', command),
}
