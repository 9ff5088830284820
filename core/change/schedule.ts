// Commands on scheduled changes.
import type { CommandOf } from './command.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import { type Problem, type Result, ok, refuse } from '../model/problem.ts'
import { type Schedule, afterItsTime, isOpen, isScheduleDue, timeToMake } from '../model/schedule.ts'
import { type Change, type ChangeContext, create, draftId, find, put, remove, update } from './entity.ts'
import type { Handlers } from './handler.ts'
import { changeOf, problemAtItsTime } from './schedule-conflicts.ts'
import { checkOthers, planned } from './schedule-plan.ts'

export const scheduleHandlers: Handlers<
  | 'create-schedule'
  | 'update-schedule'
  | 'apply-schedule'
  | 'execute-schedule'
  | 'cancel-schedule'
  | 'delete-schedule'
> = {
  'create-schedule': (state, { schedule }, context) => {
    const id = draftId(schedule, context)
    const times = planned(schedule, context.now)
    if (!times.ok) return times
    const draft = { ...schedule, id, ...times.value, status: 'waiting' as const }
    const possible = checkPlan(state, draft as unknown as Schedule, context)
    return possible.ok ? create(state, 'schedule', id, draft, context) : possible
  },
  'update-schedule': updateSchedule,
  'apply-schedule': applySchedule,
  /** Makes the change at once. A recurring one keeps its next time. */
  'execute-schedule': (state, command, context) => {
    const found = find(state, 'schedule', command)
    if (!found.ok) return found
    const { value: schedule } = found
    if (schedule.status === 'applied') return ok({ writes: [], entity: schedule })
    return made(state, schedule, context, isOpen(schedule) && schedule.repeat ? schedule : executed(schedule))
  },
  'cancel-schedule': (state, command, context) => {
    const found = find(state, 'schedule', command)
    if (!found.ok) return found
    const { value: schedule } = found
    if (schedule.status === 'cancelled') return ok({ writes: [], entity: schedule })
    if (schedule.status === 'applied' || schedule.status === 'finished')
      return refuse('CONFLICT', 'the change was made already, so it cannot be cancelled', {
        current: schedule,
      })
    return written({ ...withoutMarks(schedule), status: 'cancelled' }, context)
  },
  'delete-schedule': (state, command) => remove(state, 'schedule', command),
}

/** An edit lets a schedule that was refused or cancelled wait again, for a time to come. */
function updateSchedule(
  state: EnvironmentState,
  command: CommandOf<'update-schedule'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'schedule', command)
  if (!found.ok) return found
  const { value: current } = found
  if (current.status === 'applied') return refuse('CONFLICT', 'the change was applied already', { current })
  const { at, repeat: sent, experiment = current.experiment, ...fields } = command.changes
  const repeat = sent === null ? undefined : (sent ?? current.repeat)
  const isKept = isOpen(current) && at === undefined && sent === undefined
  const times =
    isKept && repeat
      ? ok(current)
      : planned({ at: at ?? (repeat ? undefined : current.at), repeat }, context.now)
  if (!times.ok) return times
  const { repeat: _, experiment: __, ...before } = withoutMarks(current)
  const { at: next, repeat: recurrence } = times.value
  const edited = {
    ...before,
    ...fields,
    at: next,
    ...(recurrence && { repeat: recurrence }),
    ...(experiment && { experiment }),
    status: 'waiting',
  }
  const possible = checkPlan(state, edited as Schedule, context)
  return possible.ok ? update(state, 'schedule', command, context, () => edited) : possible
}

/**
 * Refuses what can never be made, or contradicts another one. What only other entities forbid for now, such
 * as an experiment that runs, becomes a conflict (withConflicts).
 */
function checkPlan(state: EnvironmentState, schedule: Schedule, { now }: ChangeContext): Result<unknown> {
  if (!state.flag.has(schedule.flagKey)) return ok(undefined) // create() reports it
  if (Object.keys(schedule.changes).length === 0) {
    const message = 'names nothing to change'
    return refuse('INVALID', `changes ${message}`, { fields: [{ path: 'changes', rule: 'empty', message }] })
  }
  const problem = problemAtItsTime(state, schedule, now)
  if (!problem || problem.dependents) return checkOthers(state, schedule)
  const fields = problem.fields?.map((field) => ({ ...field, path: `changes.${field.path}` }))
  return refuse(problem.code, `the change cannot be applied: ${problem.message}`, {
    ...(fields && { fields }),
  })
}

/** Changes the flag and moves the schedule on, in one revision. Applied twice, it changes nothing. */
function applySchedule(
  state: EnvironmentState,
  { id }: CommandOf<'apply-schedule'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'schedule', { id })
  if (!found.ok) return found
  const { value: schedule } = found
  if (schedule.status === 'applied') return ok({ writes: [], entity: schedule })
  if (!isOpen(schedule)) return refuse('CONFLICT', notOpen(schedule), { current: schedule })
  if (!isScheduleDue(schedule, context.now))
    return refuse('CONFLICT', 'the time of the change has not come', { current: schedule })
  const dueAt = timeToMake(schedule, context.now)
  if (dueAt === undefined) return refuse('CONFLICT', missed)
  return made(state, schedule, context, afterItsTime(schedule, context.now, 'applied'), dueAt)
}

const notOpen = ({ status, refusal }: Schedule) =>
  status === 'refused' ? `the change was refused: ${refusal?.reason}` : `the change is ${status}`

const missed = 'its time passed more than an hour before it could be applied: choose another'

/** `next`: the schedule as it waits after that. */
function made(
  state: EnvironmentState,
  schedule: Schedule,
  context: ChangeContext,
  next: Schedule,
  dueAt?: number,
): Result<Change> {
  const changed = changeOf(state, schedule, context)
  if (!changed.ok) return changed
  const value = nextVersion(
    {
      ...next,
      runs: (schedule.runs ?? 0) + 1,
      lastRun: { at: context.now, ...(dueAt !== undefined && { dueAt }), outcome: 'applied' },
    },
    context,
  )
  const writes: Change['writes'] = [...changed.value.writes, { kind: 'schedule', id: schedule.id, value }]
  return ok({ writes, entity: value, experiment: schedule.experiment })
}

const executed = (schedule: Schedule): Schedule => ({
  ...withoutMarks(schedule),
  status: schedule.repeat ? schedule.status : 'applied',
})

/**
 * Records that a due schedule could not be made: once, it becomes refused; recurring, it waits for its next
 * time. Undefined if the problem is not about its change.
 */
export function withRefusal(
  state: EnvironmentState,
  { id }: CommandOf<'apply-schedule'>,
  refusal: Problem,
  context: ChangeContext,
): Change | undefined {
  const schedule = state.schedule.get(id)
  const { now } = context
  if (!schedule || !isScheduleDue(schedule, now)) return undefined
  const reason = refusal.message
  const outcome = timeToMake(schedule, now) === undefined ? 'missed' : 'refused'
  const next = afterItsTime(schedule, now, 'refused')
  const value = nextVersion(
    {
      ...(isOpen(next) ? next : withoutMarks(next)),
      ...(next.status === 'refused' && { refusal: { at: now, reason } }),
      lastRun: { at: now, dueAt: schedule.at, outcome, reason },
    },
    context,
  )
  return { writes: [{ kind: 'schedule', id, value }], entity: value, refusal }
}

const withoutMarks = ({ refusal: _, conflict: __, ...schedule }: Schedule): Schedule => schedule

const written = (schedule: Schedule, context: ChangeContext) =>
  put({ kind: 'schedule', id: schedule.id, value: nextVersion(schedule, context) })

const nextVersion = (schedule: Schedule, { now }: ChangeContext): Schedule => ({
  ...schedule,
  version: schedule.version + 1,
  updatedAt: now,
})
