// The command on an environment's settings. They have defaults and are stored from the first edit on.
import { settingsId, settingsIn } from '../model/environment-state.ts'
import { ok, refuse } from '../model/problem.ts'
import { create, isSame, update } from './entity.ts'
import type { Handlers } from './handler.ts'

export const settingsHandlers: Handlers<'update-settings'> = {
  'update-settings': (state, { version, changes }, context) => {
    const before = settingsIn(state)
    const fields = Object.entries({ ...before, ...changes })
    const edited = Object.fromEntries(fields.filter(([, value]) => value !== null && value !== undefined))
    if (state.settings.has(settingsId))
      return update(state, 'settings', { id: settingsId, version, changes }, context, () => edited)
    const unstored = { ...before, version: unstoredVersion, createdAt: 0, updatedAt: 0 }
    if (version !== undefined && version !== unstoredVersion)
      return refuse('CONFLICT', 'the settings have not been edited yet', {
        current: unstored,
        yours: { version, ...changes },
      })
    if (isSame(edited, before)) return ok({ writes: [], entity: unstored })
    return create(state, 'settings', settingsId, edited, context)
  },
}

/** The version of settings that were never edited. */
export const unstoredVersion = 0
