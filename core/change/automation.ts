// What changes a flag without anybody at an editor: operations when they are due, scheduled changes when
// their time has come, triggers when they are called. Applying one twice changes nothing.
import type { CommandOf } from './command.ts'
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'
import { isDue } from '../model/operation.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { isScheduleDue } from '../model/schedule.ts'
import { type Change, type ChangeContext, create, draftId, edit, find, put } from './entity.ts'
import { toWholeSecond } from './experiment.ts'
import { updateFlag } from './flag.ts'

export function createOperation(
  state: EnvironmentState,
  { operation: draft }: CommandOf<'create-operation'>,
  context: ChangeContext,
): Result<Change> {
  const id = draftId(draft, context)
  const countingFrom = draft.countingFrom ?? toWholeSecond(context.now)
  return create(state, 'operation', id, { ...draft, id, countingFrom, status: 'active' }, context)
}

/**
 * The writer checks the facts again: a command that is not due is refused, one already applied changes
 * nothing.
 */
export function applyOperation(
  state: EnvironmentState,
  { id, facts }: CommandOf<'apply-operation'>,
  context: ChangeContext,
): Result<Change> {
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
  const fired: Write = { kind: 'operation', id, value }
  const flag = state.flag.get(operation.flagKey)
  if (!flag?.enabled) return put({ kind: 'operation', id, value })
  return ok({ writes: [turned(flag, false, context), fired], entity: value })
}

export function fireTrigger(
  state: EnvironmentState,
  { id }: CommandOf<'fire-trigger'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'trigger', { id })
  if (!found.ok) return found
  const { value: trigger } = found
  const flag = state.flag.get(trigger.flagKey)
  if (trigger.disabled || !flag) return refuse('FORBIDDEN', 'the trigger is disabled')
  const enabled = trigger.action === 'turn-on'
  if (flag.enabled === enabled) return ok({ writes: [], entity: flag })
  return put(turned(flag, enabled, context))
}

const turned = (flag: Flag, enabled: boolean, { now }: ChangeContext) => ({
  kind: 'flag' as const,
  id: flag.key,
  value: { ...flag, enabled, version: flag.version + 1, updatedAt: now },
})

export function updateSchedule(
  state: EnvironmentState,
  command: CommandOf<'update-schedule'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'schedule', command)
  if (found.ok && found.value.status === 'applied')
    return refuse('CONFLICT', 'the change was made already', { current: found.value })
  return edit(state, 'schedule', command, context)
}

/** One revision for both: the flag as it shall be, and the mark that it was done. */
export function applySchedule(
  state: EnvironmentState,
  { id }: CommandOf<'apply-schedule'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'schedule', { id })
  if (!found.ok) return found
  const { value: schedule } = found
  if (schedule.status === 'applied') return ok({ writes: [], entity: schedule })
  if (!isScheduleDue(schedule, context.now))
    return refuse('CONFLICT', 'the time of the change has not come', { current: schedule })
  const changed = updateFlag(state, { id: schedule.flagKey, changes: schedule.changes }, context)
  if (!changed.ok) return changed
  const value = {
    ...schedule,
    status: 'applied' as const,
    version: schedule.version + 1,
    updatedAt: context.now,
  }
  return ok({ writes: [...changed.value.writes, { kind: 'schedule', id, value }], entity: value })
}
