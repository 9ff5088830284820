// From a command and the state it meets to the change it makes, or the reason it cannot. Time and ids are arguments: the same command
// on the same state gives the same change.
import type { Command } from './command.ts'
import * as entity from './entity.ts'
import type { Change, Means } from './entity.ts'
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

export function change(state: EnvironmentState, command: Command, means: Means): Result<Change> {
  const changed = decide(state, command, means)
  return changed.ok ? ok({ ...changed.value, writes: withTags(state, changed.value.writes, means) }) : changed
}

/** Why a change may not be made without a comment; undefined where it may, or has one. */
export function commentMissing(state: EnvironmentState, comment: string): Problem | undefined {
  if (comment.trim() !== '' || !settingsIn(state).requireComment) return undefined
  const fields = [{ path: 'comment', message: 'is required in this environment' }]
  return { code: 'INVALID', message: 'this environment wants a comment with every change', fields }
}

function decide(state: EnvironmentState, command: Command, means: Means): Result<Change> {
  switch (command.kind) {
    case 'create-flag':
      return flags.createFlag(state, command, means)
    case 'update-flag':
      return flags.updateFlag(state, { ...command, id: command.key }, means)
    case 'delete-flag':
      return flags.deleteFlag(state, command)
    case 'reorder-rules':
      return flags.reorderRules(state, command, means)
    case 'clone-flag':
      return flags.cloneFlag(state, command, means)
    case 'copy-flag':
      return flags.copyFlag(state, command, means)
    case 'roll-back-flag':
      return rollBackFlag(state, command, means)
    case 'roll-back':
      return rollBack(state, command, means)
    case 'create-segment':
      return entity.create(state, 'segment', command.segment.key, command.segment, means)
    case 'update-segment':
      return updateSegment(state, command, means)
    case 'set-members':
      return setMembers(state, command, means)
    case 'delete-segment':
      return entity.remove(state, 'segment', command)
    case 'create-goal': {
      const { goal } = command
      return entity.create(state, 'goal', goal.key, { ...goal, event: goal.event ?? goal.key }, means)
    }
    case 'update-goal':
      return entity.edit(state, 'goal', command, means)
    case 'delete-goal':
      return entity.remove(state, 'goal', command)
    case 'create-experiment':
      return experiments.createExperiment(state, command, means)
    case 'update-experiment':
      return experiments.updateExperiment(state, command, means)
    case 'stop-experiment':
      return experiments.stopExperiment(state, command, means)
    case 'delete-experiment':
      return experiments.deleteExperiment(state, command)
    case 'create-operation':
      return later.createOperation(state, command, means)
    case 'update-operation':
      return entity.edit(state, 'operation', command, means)
    case 'apply-operation':
      return later.applyOperation(state, command, means)
    case 'delete-operation':
      return entity.remove(state, 'operation', command)
    case 'create-trigger': {
      const id = entity.draftId(command.trigger, means)
      return entity.create(state, 'trigger', id, { ...command.trigger, id, disabled: false }, means)
    }
    case 'update-trigger':
      return entity.edit(state, 'trigger', command, means)
    case 'rotate-trigger': {
      const { sha256 } = command
      return entity.update(state, 'trigger', command, means, (current) => ({ ...current, sha256 }))
    }
    case 'fire-trigger':
      return later.fireTrigger(state, command, means)
    case 'delete-trigger':
      return entity.remove(state, 'trigger', command)
    case 'create-schedule': {
      const id = entity.draftId(command.schedule, means)
      return entity.create(state, 'schedule', id, { ...command.schedule, id, status: 'waiting' }, means)
    }
    case 'update-schedule':
      return later.updateSchedule(state, command, means)
    case 'apply-schedule':
      return later.applySchedule(state, command, means)
    case 'delete-schedule':
      return entity.remove(state, 'schedule', command)
    case 'create-tag':
      return entity.create(state, 'tag', command.tag.key, command.tag, means)
    case 'update-tag':
      return entity.edit(state, 'tag', command, means)
    case 'delete-tag':
      return entity.remove(state, 'tag', command)
    case 'create-webhook': {
      const id = entity.draftId(command.webhook, means)
      return entity.create(state, 'webhook', id, { ...command.webhook, id }, means)
    }
    case 'update-webhook':
      return entity.edit(state, 'webhook', command, means)
    case 'delete-webhook':
      return entity.remove(state, 'webhook', command)
    case 'create-sdk-key':
      return entity.create(state, 'sdkKey', command.key.id, { ...command.key, disabled: false }, means)
    case 'update-sdk-key':
      return entity.edit(state, 'sdkKey', command, means)
    case 'rotate-sdk-key': {
      const { sha256, overlapMs } = command
      return entity.update(state, 'sdkKey', command, means, (current) => ({
        ...current,
        sha256,
        previous: overlapMs > 0 ? { sha256: current.sha256, expiresAt: means.now + overlapMs } : undefined,
      }))
    }
    case 'delete-sdk-key':
      return entity.remove(state, 'sdkKey', command)
    case 'apply':
      return applyDocument(state, command, means)
    case 'import':
      return importEntities(state, command, means)
    case 'update-settings':
      return changeSettings(state, command, means)
  }
}
