// Flags: what is decided.
import * as z from 'zod'
import { FlagChanges, FlagDraft } from '../../../core/command.ts'
import { Flag } from '../../../core/flag.ts'
import { ok, refuse } from '../../../core/problem.ts'
import { listFlags, readFlag } from '../../storage/lists.ts'
import { change, route } from '../route.ts'

export const flags = [
  route({
    id: 'list-flags',
    method: 'GET',
    path: '/environments/{environment}/flags',
    needs: 'viewer',
    summary: 'All flags of an environment',
    answer: z.strictObject({ flags: z.array(Flag) }),
    handle: async ({ database, params }) => ok({ flags: await listFlags(database, params.environment) }),
  }),
  route({
    id: 'read-flag',
    method: 'GET',
    path: '/environments/{environment}/flags/{key}',
    needs: 'viewer',
    summary: 'One flag',
    answer: Flag,
    handle: async ({ database, params: { environment, key } }) => {
      const flag = await readFlag(database, environment, key)
      return flag ? ok(flag) : refuse('NOT_FOUND', `there is no flag ${key}`)
    },
  }),
  change({
    id: 'create-flag',
    method: 'POST',
    path: '/environments/{environment}/flags',
    needs: 'editor',
    summary: 'Makes a flag',
    body: FlagDraft,
    entity: Flag,
    status: 201,
    command: ({ body }) => ({ kind: 'create-flag', flag: body }),
  }),
  change({
    id: 'update-flag',
    method: 'PATCH',
    path: '/environments/{environment}/flags/{key}',
    needs: 'editor',
    summary: 'Changes the fields that are sent, all in one revision',
    description:
      'With `version`, only if that is still the newest; otherwise the answer is 409 and holds the flag as it is.',
    body: FlagChanges.safeExtend({ version: z.int().optional() }),
    entity: Flag,
    command: ({ params: { key }, body: { version, ...changes } }) => ({
      kind: 'update-flag',
      key,
      ...(version !== undefined && { version }),
      changes,
    }),
  }),
]
