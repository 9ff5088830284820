// Routes of the settings of an environment.
import { SettingsChanges } from '../../../core/change/command.ts'
import { unstoredVersion } from '../../../core/change/settings.ts'
import { settingsId } from '../../../core/model/environment-state.ts'
import { ok } from '../../../core/model/problem.ts'
import { StoredSettings } from '../../../core/model/settings.ts'
import { defaultSettings } from '../../../core/model/snapshot.ts'
import * as z from 'zod'
import { readEntity } from '../../storage/entities.ts'
import { expectedVersion, versionDescription } from '../api/entity-routes.ts'
import { change, route } from '../api/route.ts'

const path = '/environments/{environment}/settings'
const initialSettings = { ...defaultSettings, version: unstoredVersion, createdAt: 0, updatedAt: 0 }
const ReadSettings = StoredSettings.extend({
  version: z.int().min(unstoredVersion).describe('0: the settings were never changed.'),
})

export const settings = [
  route({
    id: 'read-settings',
    method: 'GET',
    path,
    needs: 'viewer',
    summary: 'Reads the settings of an environment',
    answer: ReadSettings,
    handle: async ({ database, params: { environment } }) =>
      ok((await readEntity(database, environment, 'settings', settingsId)) ?? initialSettings),
  }),
  change({
    id: 'update-settings',
    method: 'PATCH',
    path,
    needs: 'editor',
    summary: 'Changes the settings that are sent; `null` removes an optional one',
    description: versionDescription,
    body: SettingsChanges.extend(expectedVersion),
    entity: ReadSettings,
    command: ({ body: { version, ...changes } }) => ({ kind: 'update-settings', version, changes }),
  }),
]
