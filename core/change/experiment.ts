// Commands on experiments. A draft is edited freely, started, locked while it runs, stopped, archived. What
// is allowed follows from the time (`statusAt`), not from the last command: one that is over is over,
// although nobody has written that down yet.
import { type Entities, type EnvironmentState } from '../model/environment-state.ts'
import {
  baselineOf,
  type Experiment,
  type ExperimentStatus,
  primaryGoalOf,
  statusAt,
} from '../model/experiment.ts'
import type { Flag } from '../model/flag.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import type { CommandOf } from './command.ts'
import {
  type Change,
  type ChangeContext,
  create,
  draftId,
  find,
  isSame,
  parsed,
  put,
  remove,
  update,
} from './entity.ts'
import { blockingChecks } from './experiment-checks.ts'
import { firstPhases } from './experiment-phases.ts'
import type { Handlers } from './handler.ts'

export const experimentMsMax = 90 * 24 * 60 * 60 * 1000

export const experimentHandlers: Handlers<
  | 'create-experiment'
  | 'update-experiment'
  | 'start-experiment'
  | 'stop-experiment'
  | 'freeze-experiment'
  | 'advance-experiment'
  | 'archive-experiment'
  | 'delete-experiment'
> = {
  'create-experiment': createExperiment,
  'update-experiment': updateExperiment,
  'start-experiment': startExperiment,
  'stop-experiment': (state, { id }, context) => {
    const found = find(state, 'experiment', { id })
    if (!found.ok) return found
    const { value: current } = found
    const status = statusAt(current, context.now)
    if (current.status === 'stopped') return ok({ writes: [], entity: current })
    if (status === 'draft' || status === 'archived') return refuseStep(current, status, 'be stopped')
    return written(current, stopped(current, context.now), context)
  },
  /** No further users count from now on. Those who do go on being measured, and see what they saw. */
  'freeze-experiment': (state, { id }, context) => {
    const found = find(state, 'experiment', { id })
    if (!found.ok) return found
    const { value: current } = found
    const status = statusAt(current, context.now)
    const until = current.exposuresUntil ?? Infinity
    if (until <= context.now) return ok({ writes: [], entity: current })
    if (status !== 'running') return refuseStep(current, status, 'be frozen: only a running one can')
    const begin = current.phases?.at(-1)?.startAt ?? current.startAt
    if (context.now <= begin) return refuseStep(current, status, 'be frozen before its phase has begun')
    return written(current, { ...current, exposuresUntil: context.now }, context)
  },
  /** Writes down what time has made of it; before that, it changes nothing. */
  'advance-experiment': (state, { id }, context) => {
    const found = find(state, 'experiment', { id })
    if (!found.ok) return found
    const { value: current } = found
    const status = statusAt(current, context.now)
    return written(current, { ...current, status: status === 'waiting' ? current.status : status }, context)
  },
  'archive-experiment': (state, { id }, context) => {
    const found = find(state, 'experiment', { id })
    if (!found.ok) return found
    const { value: current } = found
    const status = statusAt(current, context.now)
    if (status !== 'stopped' && status !== 'archived')
      return refuseStep(current, status, 'be archived: only one that has stopped can')
    return written(current, { ...current, status: 'archived' }, context)
  },
  'delete-experiment': (state, command, { now }) => {
    const found = find(state, 'experiment', command)
    if (found.ok && ['waiting', 'running'].includes(statusAt(found.value, now)))
      return refuse('CONFLICT', 'stop the experiment before you delete it', { current: found.value })
    return remove(state, 'experiment', command)
  },
}

function createExperiment(
  state: EnvironmentState,
  { experiment: draft }: CommandOf<'create-experiment'>,
  context: ChangeContext,
): Result<Change> {
  const flag = state.flag.get(draft.flagKey)
  const startAt = draft.startAt ?? toWholeSecond(context.now)
  // Without a flag, its key stands for ids of the flag: create() reports that the flag does not exist.
  const ruleId = draft.ruleId ?? flag?.defaultStrategy.id ?? draft.flagKey
  const experiment = {
    ...draft,
    id: draftId(draft, context),
    ruleId,
    baselineVariationId: draft.baselineVariationId ?? (flag ? baselineOf(flag, ruleId) : draft.flagKey),
    startAt,
    stopAt: draft.stopAt ?? startAt + experimentMsMax,
    status: draft.status ?? (startAt > context.now ? 'waiting' : 'running'),
    ...(draft.status !== 'draft' && { phases: firstPhases(flag, { ruleId, startAt }) }),
  }
  if (experiment.stopAt <= context.now)
    return refuse('INVALID', 'stopAt is not in the future: nothing would be counted', {
      fields: [{ path: 'stopAt', rule: 'order-of-time', message: 'is not in the future' }],
    })
  return create(state, 'experiment', experiment.id, experiment, context)
}

/** What stays open to edits at each status; undefined: everything. */
const editable: Record<ExperimentStatus, readonly string[] | undefined> = {
  draft: undefined,
  waiting: undefined,
  // What disturbs its results is left to the guard, which offers a new phase (experiment-guard.ts).
  running: [
    'name',
    'hypothesis',
    'owner',
    'stopAt',
    'goalKeys',
    'baselineVariationId',
    'counts',
    'sharedAddress',
  ],
  stopped: ['name', 'hypothesis', 'owner'],
  archived: [],
}

function updateExperiment(
  state: EnvironmentState,
  command: CommandOf<'update-experiment'>,
  context: ChangeContext,
): Result<Change> {
  const { now } = context
  const found = find(state, 'experiment', command)
  if (!found.ok) return found
  const { value: current } = found
  const { changes } = command
  const status = statusAt(current, now)
  const changed = Object.entries(changes).flatMap(([field, value]) =>
    isSame(value, current[field as keyof Experiment]) ? [] : [field],
  )
  const locked = changed.filter((field) => editable[status]?.includes(field) === false)
  if (locked.length > 0) {
    const fields = locked.map((path) => ({ path, message: `is fixed: the experiment ${wordsOf[status]}` }))
    const message = `the experiment ${wordsOf[status]}: ${locked.join(', ')} can no longer change`
    return refuse('CONFLICT', message, { current, fields })
  }
  if (status === 'running' && changes.stopAt !== undefined && changes.stopAt <= now)
    return refuse('CONFLICT', 'the experiment is running: its end can move, but not into the past', {
      current,
      fields: [{ path: 'stopAt', message: 'is not in the future' }],
    })
  return update(state, 'experiment', command, context, (before) => {
    const edited = { ...before, ...changes } as Experiment
    if (status === 'running') return withPrimaryGoal(before, edited, context)
    if (status === 'draft') return edited
    return status === 'waiting'
      ? { ...edited, phases: firstPhases(state.flag.get(edited.flagKey), edited) }
      : edited
  })
}

/**
 * The primary goal is chosen before the start. Taken off after it, no other takes its place, because somebody
 * may have seen what the others show; a new phase begins anew.
 */
export function withPrimaryGoal(
  before: Experiment,
  edited: Experiment,
  { experiment: choice }: ChangeContext,
): Experiment {
  const { primaryGoalKey: _, ...rest } = edited
  const primary = primaryGoalOf(before)
  if (choice === 'new-phase' && !isSame(before.goalKeys, edited.goalKeys)) return rest
  return primary === undefined || primary === edited.goalKeys[0] ? rest : { ...rest, primaryGoalKey: primary }
}

/**
 * A draft begins: now, or at its planned start if that is to come. What keeps it from giving a result is a
 * refusal, with all reasons. Sent again, it changes nothing: one that waits goes on waiting.
 */
function startExperiment(
  state: EnvironmentState,
  command: CommandOf<'start-experiment'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'experiment', command)
  if (!found.ok) return found
  const { value: current } = found
  const status = statusAt(current, context.now)
  if (status === 'running' || status === 'waiting') return ok({ writes: [], entity: current })
  if (status !== 'draft') return refuseStep(current, status, 'start again')
  const next = started(state.flag.get(current.flagKey), current, context.now)
  const blocks = blockingChecks(state, next, context.now)
  if (blocks.length > 0) {
    const fields = blocks.map(({ name, detail }) => ({ path: name, message: detail }))
    const message = `the experiment cannot start: ${blocks.map(({ detail }) => detail).join(' ')}`
    return refuse('CONFLICT', message, { current, fields })
  }
  return written(current, next, context)
}

/** As it would be, were a draft started now, or as one that waits will be. */
export function started(flag: Flag | undefined, experiment: Experiment, now: number): Experiment {
  const isPlanned = experiment.startAt > now
  const startAt = isPlanned ? experiment.startAt : toWholeSecond(now)
  // An end that was never chosen is as long after the start as it was.
  const isDefaultEnd = experiment.stopAt === experiment.startAt + experimentMsMax
  const stopAt = isDefaultEnd ? startAt + experimentMsMax : experiment.stopAt
  const next = { ...experiment, startAt, stopAt, status: isPlanned ? 'waiting' : 'running' } as const
  return { ...next, phases: firstPhases(flag, next) }
}

/** One that has not started goes back to being a draft: it has nothing to keep. */
export function stopped(experiment: Experiment, now: number): Experiment {
  if (statusAt(experiment, now) === 'waiting') {
    const { history: _, phases: __, ...draft } = experiment
    return { ...draft, status: 'draft' }
  }
  return { ...experiment, status: 'stopped', stopAt: Math.min(experiment.stopAt, now) }
}

function written(current: Entities['experiment'], next: Experiment, { now }: ChangeContext): Result<Change> {
  const value = parsed('experiment', next)
  if (!value.ok) return value
  if (isSame(value.value, current)) return ok({ writes: [], entity: current })
  const { version } = current
  return put({
    kind: 'experiment',
    id: current.id,
    value: { ...value.value, version: version + 1, updatedAt: now },
  })
}

const refuseStep = (current: Experiment, status: ExperimentStatus, step: string) =>
  refuse('CONFLICT', `the experiment ${wordsOf[status]}, so it cannot ${step}`, { current })

export const wordsOf: Record<ExperimentStatus, string> = {
  draft: 'is a draft',
  waiting: 'waits for its start',
  running: 'is running',
  stopped: 'has stopped',
  archived: 'is archived',
}

/** Some SDKs report time in whole seconds: a window that starts within one would miss their first events. */
export const toWholeSecond = (ms: number) => Math.floor(ms / 1_000) * 1_000
/** In the second of a change of shares, exposures of both would mix. */
export const toNextSecond = (ms: number) => Math.ceil((ms + 1) / 1_000) * 1_000
