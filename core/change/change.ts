// Applies a command to the state of an environment: returns the writes that it makes, or why it is refused.
import type { Command } from './command.ts'
import { documentHandlers } from './document/apply.ts'
import type { Change, ChangeContext } from './entity.ts'
import { excessOf } from './excess.ts'
import { experimentHandlers } from './experiment.ts'
import { guardExperiments } from './experiment-guard.ts'
import { flagHandlers } from './flag.ts'
import { goalHandlers } from './goal.ts'
import type { Handler, Handlers } from './handler.ts'
import { importHandlers } from './import.ts'
import { operationHandlers } from './operation.ts'
import { withShares } from './operation-share.ts'
import { restoreHandlers } from './restore.ts'
import { scheduleHandlers, withRefusal } from './schedule.ts'
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
  ...experimentHandlers,
  ...flagHandlers,
  ...goalHandlers,
  ...importHandlers,
  ...operationHandlers,
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
  const handled = handle(state, command, context)
  const guarded = handled.ok ? guardExperiments(state, handled.value, context) : handled
  if (!guarded.ok) return recorded(state, command, guarded.problem, context)
  const marked = withSegmentUse(state, withShares(state, guarded.value, context), context)
  const writes = withTags(state, marked.writes, context)
  const excess = excessOf(state, writes)
  return excess ? { ok: false, problem: excess } : ok({ ...marked, writes })
}

/** Nobody may read the answer to a trigger or a schedule, so they record that they were refused. */
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
        : undefined
  return record ? ok(record) : { ok: false, problem }
}

/** The problem with a change that has no comment, where the environment requires one. */
export function commentMissing(state: EnvironmentState, comment: string): Problem | undefined {
  if (comment.trim() !== '' || !settingsIn(state).requireComment) return undefined
  const fields = [{ path: 'comment', message: 'is required in this environment' }]
  return { code: 'INVALID', message: 'this environment requires a comment with every change', fields }
}
