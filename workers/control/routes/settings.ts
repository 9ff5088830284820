// What an environment has decided for all its flags and all its doors.
import { SettingsChanges } from '../../../core/change/command.ts'
import { unstoredVersion } from '../../../core/change/settings.ts'
import { settingsId } from '../../../core/model/environment-state.ts'
import { ok } from '../../../core/model/problem.ts'
import { StoredSettings } from '../../../core/model/settings.ts'
import { defaultSettings } from '../../../core/model/snapshot.ts'
import * as z from 'zod'
import { readEntity } from '../../storage/entities.ts'
import { versionHelp } from '../api/entity-routes.ts'
import { change, route } from '../api/route.ts'

const path = '/environments/{environment}/settings'
const unstored = { ...defaultSettings, version: unstoredVersion, createdAt: 0, updatedAt: 0 }
const Shown = StoredSettings.extend({
  version: z.int().min(unstoredVersion).describe('0: nobody has edited them.'),
})

export const settings = [
  route({
    id: 'read-settings',
    method: 'GET',
    path,
    needs: 'viewer',
    summary: 'The settings of an environment',
    answer: Shown,
    handle: async ({ database, params: { environment } }) =>
      ok((await readEntity(database, environment, 'settings', settingsId)) ?? unstored),
  }),
  change({
    id: 'update-settings',
    method: 'PATCH',
    path,
    needs: 'editor',
    summary: 'Changes the settings that are sent; `null` takes away what may be absent',
    description: versionHelp,
    body: SettingsChanges.extend({ version: z.int().optional() }),
    entity: Shown,
    command: ({ body: { version, ...changes } }) => ({ kind: 'update-settings', version, changes }),
  }),
]
