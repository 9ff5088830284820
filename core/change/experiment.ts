// What happens to an experiment: begun on one rollout, edited while it runs, stopped once, deleted when it
// has stopped.
import type { CommandOf } from './command.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { baselineOf } from '../model/experiment.ts'
import { type Change, type ChangeContext, create, draftId, edit, find, put, remove } from './entity.ts'

export const maxExperimentMs = 90 * 24 * 60 * 60 * 1000

export function createExperiment(
  state: EnvironmentState,
  { experiment: draft }: CommandOf<'create-experiment'>,
  context: ChangeContext,
): Result<Change> {
  const flag = state.flag.get(draft.flagKey)
  const startAt = draft.startAt ?? toWholeSecond(context.now)
  // a flag that is not there is refused for itself
  const ruleId = draft.ruleId ?? flag?.defaultStrategy.id ?? draft.flagKey
  const filled = {
    ...draft,
    id: draftId(draft, context),
    ruleId,
    baselineVariationId: draft.baselineVariationId ?? (flag ? baselineOf(flag, ruleId) : draft.flagKey),
    startAt,
    stopAt: draft.stopAt ?? startAt + maxExperimentMs,
    status: 'running',
  }
  return create(state, 'experiment', filled.id, filled, context)
}

export function updateExperiment(
  state: EnvironmentState,
  command: CommandOf<'update-experiment'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'experiment', command)
  if (
    found.ok &&
    found.value.status === 'stopped' &&
    Object.keys(command.changes).some((field) => field !== 'name')
  )
    return refuse('CONFLICT', 'the experiment has stopped: only its name may change', {
      current: found.value,
    })
  return edit(state, 'experiment', command, context)
}

export function stopExperiment(
  state: EnvironmentState,
  { id }: CommandOf<'stop-experiment'>,
  { now }: ChangeContext,
): Result<Change> {
  const found = find(state, 'experiment', { id })
  if (!found.ok) return found
  const { value: running } = found
  if (running.status === 'stopped') return ok({ writes: [], entity: running })
  const stopAt = Math.min(running.stopAt, now)
  const value = {
    ...running,
    status: 'stopped' as const,
    stopAt,
    version: running.version + 1,
    updatedAt: now,
  }
  return put({ kind: 'experiment', id, value })
}

export function deleteExperiment(
  state: EnvironmentState,
  command: CommandOf<'delete-experiment'>,
): Result<Change> {
  const found = find(state, 'experiment', command)
  if (found.ok && found.value.status === 'running')
    return refuse('CONFLICT', 'stop the experiment before you delete it', { current: found.value })
  return remove(state, 'experiment', command)
}

/** Some SDKs tell time in whole seconds: a window that begins inside one would miss their first events. */
export const toWholeSecond = (ms: number) => Math.floor(ms / 1_000) * 1_000
