// Commands on experiments: created on one rollout, edited while they run, stopped once, deleted after that.
import { ok, refuse } from '../model/problem.ts'
import { baselineOf } from '../model/experiment.ts'
import { create, draftId, edit, find, put, remove } from './entity.ts'
import { firstPhases } from './experiment-guard.ts'
import type { Handlers } from './handler.ts'

export const experimentMsMax = 90 * 24 * 60 * 60 * 1000

export const experimentHandlers: Handlers<
  'create-experiment' | 'update-experiment' | 'stop-experiment' | 'delete-experiment'
> = {
  'create-experiment': (state, { experiment: draft }, context) => {
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
      status: 'running',
      phases: firstPhases(flag, { ruleId, startAt }),
    }
    return create(state, 'experiment', experiment.id, experiment, context)
  },
  'update-experiment': (state, command, context) => {
    const found = find(state, 'experiment', command)
    const changesMore = Object.keys(command.changes).some((field) => field !== 'name')
    if (found.ok && found.value.status === 'stopped' && changesMore)
      return refuse('CONFLICT', 'the experiment has stopped: only its name can change', {
        current: found.value,
      })
    return edit(state, 'experiment', command, context)
  },
  'stop-experiment': (state, { id }, { now }) => {
    const found = find(state, 'experiment', { id })
    if (!found.ok) return found
    const { value: running } = found
    if (running.status === 'stopped') return ok({ writes: [], entity: running })
    const stopAt = Math.min(running.stopAt, now)
    const version = running.version + 1
    return put({
      kind: 'experiment',
      id,
      value: { ...running, status: 'stopped', stopAt, version, updatedAt: now },
    })
  },
  'delete-experiment': (state, command) => {
    const found = find(state, 'experiment', command)
    if (found.ok && found.value.status === 'running')
      return refuse('CONFLICT', 'stop the experiment before you delete it', { current: found.value })
    return remove(state, 'experiment', command)
  },
}

/** Some SDKs report time in whole seconds: a window that starts within one would miss their first events. */
export const toWholeSecond = (ms: number) => Math.floor(ms / 1_000) * 1_000
