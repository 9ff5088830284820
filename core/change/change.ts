// Applies a command to the state of an environment: returns the writes that it makes, or why it is refused.
import type { Command } from './command.ts'
import { documentHandlers } from './document/apply.ts'
import { dynamicAllocationHandlers } from './dynamic-allocation.ts'
import type { Change, ChangeContext } from './entity.ts'
import { excessOf } from './excess.ts'
import { experimentHandlers } from './experiment.ts'
import { guardFired } from './fired-operations.ts'
import { flagHandlers } from './flag.ts'
import { goalHandlers } from './goal.ts'
import { guarded } from './guards.ts'
import type { Handler, Handlers } from './handler.ts'
import { withHoldBackRules } from './held-rules.ts'
import { holdoutHandlers, withRefusedAdvance } from './holdout.ts'
import { importHandlers } from './import.ts'
import { layerHandlers } from './layer.ts'
import { operationHandlers } from './operation.ts'
import { withShares } from './operation-share.ts'
import { progressiveRolloutHandlers, withPausedRollout } from './progressive-rollout.ts'
import { restoreHandlers, withTrueNotes } from './restore.ts'
import { withRollouts } from './rollout-guard.ts'
import { scheduleHandlers, withRefusal } from './schedule.ts'
import { withConflicts } from './schedule-conflicts.ts'
import { sdkKeyHandlers } from './sdk-key.ts'
import { segmentHandlers } from './segment.ts'
import { withSegmentUse } from './segment-use.ts'
import { settingsHandlers } from './settings.ts'
import { tagHandlers, withTags } from './tag.ts'
import { triggerHandlers, withRefusedFiring } from './trigger.ts'
import { webhookHandlers } from './webhook.ts'
import { type EnvironmentState, settingsIn } from '../model/environment-state.ts'
import { type Problem, type Result, ok } from '../model/problem.ts'

const handlers: Handlers = {
  ...documentHandlers,
  ...dynamicAllocationHandlers,
  ...experimentHandlers,
  ...flagHandlers,
  ...goalHandlers,
  ...holdoutHandlers,
  ...importHandlers,
  ...layerHandlers,
  ...operationHandlers,
  ...progressiveRolloutHandlers,
  ...restoreHandlers,
  ...scheduleHandlers,
  ...sdkKeyHandlers,
  ...segmentHandlers,
  ...settingsHandlers,
  ...tagHandlers,
  ...triggerHandlers,
  ...webhookHandlers,
}

/** Time, new ids and the past are in `context`: the same arguments give the same change. */
export function change(state: EnvironmentState, command: Command, context: ChangeContext): Result<Change> {
  const handle = handlers[command.kind] as Handler<Command['kind']>
  const made = handle(state, command, context)
  const handled = made.ok ? guardFired(state, command, made.value) : made
  const allowed = handled.ok ? guarded(state, handled.value, context) : handled
  if (!allowed.ok) return recorded(state, command, allowed.problem, context)
  const held = withHoldBackRules(state, withRollouts(state, allowed.value, context), context)
  if (!held.ok) return recorded(state, command, held.problem, context)
  const whole = withShares(state, held.value, context)
  const marked = withSegmentUse(state, whole, context)
  const tagged = { ...marked, writes: withTags(state, marked.writes, context) }
  const excess = excessOf(state, tagged.writes)
  return excess ? { ok: false, problem: excess } : ok(withTrueNotes(withConflicts(state, tagged, context)))
}

/** Nobody may read the answers to what happens by itself, so it is recorded that it was refused. */
function recorded(
  state: EnvironmentState,
  command: Command,
  problem: Problem,
  context: ChangeContext,
): Result<Change> {
  const record =
    command.kind === 'fire-trigger'
      ? withRefusedFiring(state, command, problem, context)
      : command.kind === 'apply-schedule'
        ? withRefusal(state, command, problem, context)
        : command.kind === 'advance-progressive-rollout'
          ? withPausedRollout(state, command, problem, context)
          : command.kind === 'advance-holdout'
            ? withRefusedAdvance(state, command, problem, context)
            : undefined
  return record ? ok(withConflicts(state, record, context)) : { ok: false, problem }
}

/** The problem with a change that has no comment, where the environment requires one. */
export function commentMissing(state: EnvironmentState, comment: string): Problem | undefined {
  if (comment.trim() !== '' || !settingsIn(state).requireComment) return undefined
  const fields = [{ path: 'comment', message: 'is required in this environment' }]
  return { code: 'INVALID', message: 'this environment requires a comment with every change', fields }
}
