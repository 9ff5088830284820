// SDK keys by their SHA-256, for a backup: the text of a key cannot be read again, but whoever has it goes on
// using it where its hash is restored. Keys of other systems are not among them: who may use one is decided
// where it is imported.
import * as z from 'zod'
import { SdkKeyDraft } from '../../../core/change/command.ts'
import { entitiesMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { change, route } from '../api/route.ts'
import { Counts } from '../api/shapes.ts'

const HashedKey = SdkKeyDraft.omit({ id: true, foreign: true })
const HashedKeys = z.strictObject({ keys: z.array(HashedKey).max(entitiesMax.sdkKey) })
const path = '/environments/{environment}/key-hashes'

export const keyHashes = [
  route({
    id: 'list-key-hashes',
    method: 'GET',
    path,
    needs: 'admin',
    summary: 'Lists the SDK keys that are not disabled, with the SHA-256 of each, for a backup',
    answer: HashedKeys,
    handle: async ({ database, params: { environment } }) => {
      const stored = await loadEnvironment(database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      const keys = [...stored.state.sdkKey.values()].filter(({ disabled, foreign }) => !disabled && !foreign)
      return ok({ keys: keys.map(({ role, name, sha256, answers }) => ({ role, name, sha256, answers })) })
    },
  }),
  change({
    id: 'restore-key-hashes',
    method: 'POST',
    path,
    needs: 'admin',
    summary: 'Adds SDK keys by their SHA-256, as listed by a backup; those that are here stay as they are',
    body: HashedKeys,
    entity: Counts,
    command: async ({ body: { keys } }) =>
      ok({
        kind: 'import',
        source: 'backup',
        flags: [],
        segments: [],
        sdkKeys: keys,
        replace: false,
      } as const),
  }),
]
