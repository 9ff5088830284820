// Commands on scheduled changes.
import type { CommandOf } from './command.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import { type Problem, type Result, ok, refuse } from '../model/problem.ts'
import { type Schedule, isScheduleDue, isScheduleMissed } from '../model/schedule.ts'
import { updateFlag } from './edit-flag.ts'
import { type Change, type ChangeContext, create, draftId, find, remove, update } from './entity.ts'
import type { Handlers } from './handler.ts'

export const scheduleHandlers: Handlers<
  'create-schedule' | 'update-schedule' | 'apply-schedule' | 'delete-schedule'
> = {
  'create-schedule': (state, { schedule }, context) => {
    const id = draftId(schedule, context)
    if (schedule.at <= context.now) return notInFuture
    const possible = checkChanges(state, schedule, context)
    if (!possible.ok) return possible
    return create(state, 'schedule', id, { ...schedule, id, status: 'waiting' }, context)
  },
  /** Editing a schedule that was refused lets it wait again, for a time to come. */
  'update-schedule': (state, command, context) => {
    const found = find(state, 'schedule', command)
    if (!found.ok) return found
    if (found.value.status === 'applied')
      return refuse('CONFLICT', 'the change was applied already', { current: found.value })
    if ((command.changes.at ?? found.value.at) <= context.now) return notInFuture
    const possible = checkChanges(state, { ...found.value, ...command.changes } as Schedule, context)
    if (!possible.ok) return possible
    return update(state, 'schedule', command, context, ({ refusal: _, ...current }) => ({
      ...current,
      ...command.changes,
      status: 'waiting',
    }))
  },
  'apply-schedule': applySchedule,
  'delete-schedule': (state, command) => remove(state, 'schedule', command),
}

const notInFuture = refuse('INVALID', 'at is not in the future', {
  fields: [{ path: 'at', rule: 'order-of-time', message: 'is not in the future' }],
})

/** Tries the change on the flag as it is now, so that nobody schedules what cannot be done. */
function checkChanges(
  state: EnvironmentState,
  { flagKey, changes }: Pick<Schedule, 'flagKey' | 'changes'>,
  context: ChangeContext,
): Result<unknown> {
  const flag = state.flag.get(flagKey)
  if (!flag) return ok(undefined) // create() reports it
  if (flag.archived && changes.archived !== false) return refuse('CONFLICT', archivedMessage(flagKey))
  const tried = updateFlag(state, { id: flagKey, changes }, context)
  if (tried.ok || tried.problem.code === 'IN_USE') return ok(undefined)
  const fields = tried.problem.fields?.map((field) => ({ ...field, path: `changes.${field.path}` }))
  return refuse(tried.problem.code, `the change cannot be applied: ${tried.problem.message}`, {
    ...(fields && { fields }),
  })
}

const archivedMessage = (flagKey: string) => `flag ${flagKey} is archived: a schedule does not change it`

/** Changes the flag and marks the schedule as applied, in one revision. Applied twice, it changes nothing. */
function applySchedule(
  state: EnvironmentState,
  { id }: CommandOf<'apply-schedule'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'schedule', { id })
  if (!found.ok) return found
  const { value: schedule } = found
  const { flagKey, changes, experiment } = schedule
  if (schedule.status === 'applied') return ok({ writes: [], entity: schedule })
  if (schedule.status === 'refused')
    return refuse('CONFLICT', `the change was refused: ${schedule.refusal?.reason}`, { current: schedule })
  if (!isScheduleDue(schedule, context.now))
    return refuse('CONFLICT', 'the time of the change has not come', { current: schedule })
  if (isScheduleMissed(schedule, context.now))
    return refuse('CONFLICT', 'its time passed more than an hour before it could be applied: choose another')
  if (state.flag.get(flagKey)?.archived === true && changes.archived !== false)
    return refuse('CONFLICT', archivedMessage(flagKey))
  const changed = updateFlag(state, { id: flagKey, changes }, context)
  if (!changed.ok) return changed
  const value = nextVersion({ ...schedule, status: 'applied' }, context)
  const writes: Change['writes'] = [...changed.value.writes, { kind: 'schedule', id, value }]
  return ok({ writes, entity: value, experiment })
}

/** Marks a due schedule as refused; undefined if the problem is not about its change. */
export function withRefusal(
  state: EnvironmentState,
  { id }: CommandOf<'apply-schedule'>,
  refusal: Problem,
  context: ChangeContext,
): Change | undefined {
  const schedule = state.schedule.get(id)
  if (!schedule || !isScheduleDue(schedule, context.now)) return undefined
  const reason = refusal.message
  const value = nextVersion({ ...schedule, status: 'refused', refusal: { at: context.now, reason } }, context)
  return { writes: [{ kind: 'schedule', id, value }], entity: value, refusal }
}

const nextVersion = (schedule: Schedule, { now }: ChangeContext): Schedule => ({
  ...schedule,
  version: schedule.version + 1,
  updatedAt: now,
})
