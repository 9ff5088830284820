// Commands on triggers.
import type { CommandOf } from './command.ts'
import type { Entities, EnvironmentState } from '../model/environment-state.ts'
import { type TriggerFiring, isRefusedAgain } from '../model/trigger.ts'
import { type Problem, ok, refuse } from '../model/problem.ts'
import { type Change, type ChangeContext, create, draftId, find, remove, update } from './entity.ts'
import { toggled } from './edit-flag.ts'
import type { Handlers } from './handler.ts'
import { refuseArchived } from './missing.ts'

export const triggerHandlers: Handlers<
  'create-trigger' | 'update-trigger' | 'rotate-trigger' | 'fire-trigger' | 'delete-trigger'
> = {
  'create-trigger': (state, { trigger }, context) => {
    const id = draftId(trigger, context)
    const fields = { ...trigger, id, disabled: false }
    return refuseArchived(state, trigger.flagKey) ?? create(state, 'trigger', id, fields, context)
  },
  'update-trigger': (state, command, context) =>
    update(state, 'trigger', command, context, ({ signature, experiment: before, ...current }) => {
      const { signature: sent, experiment = before, ...changes } = command.changes
      return {
        ...current,
        ...(signature && sent !== null && { signature }),
        ...(experiment && { experiment }),
        ...changes,
      }
    }),
  'rotate-trigger': (state, command, context) => {
    const { sha256, signingSecret } = command
    return update(state, 'trigger', command, context, ({ signature, ...current }) => ({
      ...current,
      sha256,
      ...(signature && { signature: { ...signature, secret: signingSecret ?? signature.secret } }),
    }))
  },
  /** One that finds the flag as it should be makes no revision; whoever sent the command counts it. */
  'fire-trigger': (state, { id }, context) => {
    const found = find(state, 'trigger', { id })
    if (!found.ok) return found
    const { value: trigger } = found
    const flag = state.flag.get(trigger.flagKey)
    if (trigger.disabled || !flag) return refuse('FORBIDDEN', 'the trigger is disabled')
    if (flag.archived) return refuse('CONFLICT', `flag ${flag.key} is archived: a trigger does not change it`)
    const enabled = trigger.action === 'turn-on'
    if (flag.enabled === enabled) return ok({ writes: [], entity: trigger })
    return ok(fired(trigger, { outcome: 'changed' }, [toggled(flag, enabled, context)], context))
  },
  'delete-trigger': (state, command) => remove(state, 'trigger', command),
}

type Firing = Omit<TriggerFiring, 'at'>

/** The version stays: it counts edits, and a firing is none. */
function fired(
  trigger: Entities['trigger'],
  firing: Firing,
  writes: Change['writes'],
  { now }: ChangeContext,
): Change {
  const value = { ...trigger, firings: trigger.firings + 1, lastFiring: { at: now, ...firing } }
  return {
    writes: [...writes, { kind: 'trigger', id: trigger.id, value }],
    entity: value,
    experiment: trigger.experiment,
  }
}

/** Counts a firing that was refused, once for each reason in a row. */
export function withRefusedFiring(
  state: EnvironmentState,
  { id }: CommandOf<'fire-trigger'>,
  refusal: Problem,
  context: ChangeContext,
): Change | undefined {
  const trigger = state.trigger.get(id)
  if (!trigger || trigger.disabled || isRefusedAgain(trigger, refusal.message)) return undefined
  return { ...fired(trigger, { outcome: 'refused', reason: refusal.message }, [], context), refusal }
}
