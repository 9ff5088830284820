// The environment's settings: there from the beginning with their defaults, stored from the first edit on.
import type { CommandOf } from './command.ts'
import { type EnvironmentState, settingsId, settingsIn } from '../model/environment-state.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { type Change, type ChangeContext, create, isSame, update } from './entity.ts'

export function changeSettings(
  state: EnvironmentState,
  { version, changes }: CommandOf<'update-settings'>,
  context: ChangeContext,
): Result<Change> {
  const before = settingsIn(state)
  const told = Object.entries({ ...before, ...changes })
  const edited = Object.fromEntries(told.filter(([, value]) => value !== null && value !== undefined))
  if (state.settings.has(settingsId))
    return update(state, 'settings', { id: settingsId, version, changes }, context, () => edited)
  const unstored = { ...before, version: unstoredVersion, createdAt: 0, updatedAt: 0 }
  if (version !== undefined && version !== unstoredVersion)
    return refuse('CONFLICT', 'the settings are as they were made', {
      current: unstored,
      yours: { version, ...changes },
    })
  if (isSame(edited, before)) return ok({ writes: [], entity: unstored })
  return create(state, 'settings', settingsId, edited, context)
}

/** What settings that nobody has edited are said to be at. */
export const unstoredVersion = 0
