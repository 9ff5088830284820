// From a command and the state it meets to the change it makes, or the reason it cannot. Time and ids are
// arguments: the same command on the same state gives the same change.
import type { Command } from './command.ts'
import * as entity from './entity.ts'
import type { Change, ChangeContext } from './entity.ts'
import { importEntities } from './import.ts'
import * as experiments from './experiment.ts'
import * as flags from './flag.ts'
import * as later from './automation.ts'
import { rollBack, rollBackFlag } from './restore.ts'
import { setMembers, updateSegment } from './segment.ts'
import { changeSettings } from './settings.ts'
import { withTags } from './tags.ts'
import { applyDocument } from './document/apply.ts'
import { type EnvironmentState, settingsIn } from '../model/environment-state.ts'
import { type Problem, type Result, ok } from '../model/problem.ts'

export function change(state: EnvironmentState, command: Command, context: ChangeContext): Result<Change> {
  const changed = decide(state, command, context)
  return changed.ok
    ? ok({ ...changed.value, writes: withTags(state, changed.value.writes, context) })
    : changed
}

/** Why a change may not be made without a comment; undefined where it may, or has one. */
export function commentMissing(state: EnvironmentState, comment: string): Problem | undefined {
  if (comment.trim() !== '' || !settingsIn(state).requireComment) return undefined
  const fields = [{ path: 'comment', message: 'is required in this environment' }]
  return { code: 'INVALID', message: 'this environment wants a comment with every change', fields }
}

function decide(state: EnvironmentState, command: Command, context: ChangeContext): Result<Change> {
  switch (command.kind) {
    case 'create-flag':
      return flags.createFlag(state, command, context)
    case 'update-flag':
      return flags.updateFlag(state, { ...command, id: command.key }, context)
    case 'delete-flag':
      return flags.deleteFlag(state, command)
    case 'reorder-rules':
      return flags.reorderRules(state, command, context)
    case 'clone-flag':
      return flags.cloneFlag(state, command, context)
    case 'copy-flag':
      return flags.copyFlag(state, command, context)
    case 'roll-back-flag':
      return rollBackFlag(state, command, context)
    case 'roll-back':
      return rollBack(state, command, context)
    case 'create-segment':
      return entity.create(state, 'segment', command.segment.key, command.segment, context)
    case 'update-segment':
      return updateSegment(state, command, context)
    case 'set-members':
      return setMembers(state, command, context)
    case 'delete-segment':
      return entity.remove(state, 'segment', command)
    case 'create-goal': {
      const { goal } = command
      return entity.create(state, 'goal', goal.key, { ...goal, event: goal.event ?? goal.key }, context)
    }
    case 'update-goal':
      return entity.edit(state, 'goal', command, context)
    case 'delete-goal':
      return entity.remove(state, 'goal', command)
    case 'create-experiment':
      return experiments.createExperiment(state, command, context)
    case 'update-experiment':
      return experiments.updateExperiment(state, command, context)
    case 'stop-experiment':
      return experiments.stopExperiment(state, command, context)
    case 'delete-experiment':
      return experiments.deleteExperiment(state, command)
    case 'create-operation':
      return later.createOperation(state, command, context)
    case 'update-operation':
      return entity.edit(state, 'operation', command, context)
    case 'apply-operation':
      return later.applyOperation(state, command, context)
    case 'delete-operation':
      return entity.remove(state, 'operation', command)
    case 'create-trigger': {
      const id = entity.draftId(command.trigger, context)
      return entity.create(state, 'trigger', id, { ...command.trigger, id, disabled: false }, context)
    }
    case 'update-trigger':
      return entity.edit(state, 'trigger', command, context)
    case 'rotate-trigger': {
      const { sha256 } = command
      return entity.update(state, 'trigger', command, context, (current) => ({ ...current, sha256 }))
    }
    case 'fire-trigger':
      return later.fireTrigger(state, command, context)
    case 'delete-trigger':
      return entity.remove(state, 'trigger', command)
    case 'create-schedule': {
      const id = entity.draftId(command.schedule, context)
      return entity.create(state, 'schedule', id, { ...command.schedule, id, status: 'waiting' }, context)
    }
    case 'update-schedule':
      return later.updateSchedule(state, command, context)
    case 'apply-schedule':
      return later.applySchedule(state, command, context)
    case 'delete-schedule':
      return entity.remove(state, 'schedule', command)
    case 'create-tag':
      return entity.create(state, 'tag', command.tag.key, command.tag, context)
    case 'update-tag':
      return entity.edit(state, 'tag', command, context)
    case 'delete-tag':
      return entity.remove(state, 'tag', command)
    case 'create-webhook': {
      const id = entity.draftId(command.webhook, context)
      return entity.create(state, 'webhook', id, { ...command.webhook, id }, context)
    }
    case 'update-webhook':
      return entity.edit(state, 'webhook', command, context)
    case 'delete-webhook':
      return entity.remove(state, 'webhook', command)
    case 'create-sdk-key':
      return entity.create(state, 'sdkKey', command.key.id, { ...command.key, disabled: false }, context)
    case 'update-sdk-key':
      return entity.edit(state, 'sdkKey', command, context)
    case 'rotate-sdk-key': {
      const { sha256, overlapMs } = command
      return entity.update(state, 'sdkKey', command, context, (current) => ({
        ...current,
        sha256,
        previous: overlapMs > 0 ? { sha256: current.sha256, expiresAt: context.now + overlapMs } : undefined,
      }))
    }
    case 'delete-sdk-key':
      return entity.remove(state, 'sdkKey', command)
    case 'apply':
      return applyDocument(state, command, context)
    case 'import':
      return importEntities(state, command, context)
    case 'update-settings':
      return changeSettings(state, command, context)
  }
}
