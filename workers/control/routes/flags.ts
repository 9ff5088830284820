// Flags: what is decided. What is asked about one is in flag-insight.ts.
import * as z from 'zod'
import { FlagChanges, FlagDraft } from '../../../core/model/flag-draft.ts'
import { Flag, FlagType, Id, Key } from '../../../core/model/flag.ts'
import { rulesMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { findPlace } from '../../storage/identity.ts'
import { readEntity } from '../../storage/entities.ts'
import { may } from '../auth/access.ts'
import { aFlag, aText, deleteRoute, readRoutes, versionHelp } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'
import { dependentsRoute } from './dependents.ts'

const subject = {
  kind: 'flag',
  name: 'flag',
  plural: 'flags',
  param: 'key',
  schema: Flag,
  filters: {
    tag: aText,
    maintainer: aText,
    type: FlagType.optional(),
    enabled: aFlag,
    archived: aFlag,
    hasExperiment: aFlag,
    hasOperations: aFlag,
  },
} as const

const one = '/environments/{environment}/flags/{key}'
const version = { version: z.int().optional() }

export const flags = [
  ...readRoutes(subject),
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
    path: one,
    needs: 'editor',
    summary: 'Changes the fields that are sent, all in one revision',
    description: versionHelp,
    body: FlagChanges.safeExtend(version),
    entity: Flag,
    command: ({ params: { key }, body: { version, ...changes } }) => ({
      kind: 'update-flag',
      key,
      ...(version !== undefined && { version }),
      changes,
    }),
  }),
  deleteRoute(subject),
  change({
    id: 'reorder-rules',
    method: 'POST',
    path: `${one}/reorder`,
    needs: 'editor',
    summary: 'Puts the rules of a flag in another order; `ruleIds` names each of them once',
    description: versionHelp,
    body: z.strictObject({ ruleIds: z.array(Id).max(rulesMax), ...version }),
    entity: Flag,
    command: ({ params: { key }, body }) => ({ kind: 'reorder-rules', key, ...body }),
  }),
  change({
    id: 'clone-flag',
    method: 'POST',
    path: `${one}/clone`,
    needs: 'editor',
    summary: 'The same flag under another key: off, and splitting users anew',
    body: z.strictObject({ key: Key, name: FlagChanges.shape.name }),
    entity: Flag,
    status: 201,
    command: ({ params: { key }, body }) => ({ kind: 'clone-flag', key, as: body.key, name: body.name }),
  }),
  change({
    id: 'copy-flag',
    method: 'POST',
    path: '/environments/{environment}/copies',
    needs: 'editor',
    summary:
      'Brings a flag of another environment into this one, off; `notes` lists what could not come along',
    description:
      'Ids of rules stay where they are free, so that both environments split users alike. A rule or prerequisite that needs a segment, flag or variation which is not here stays behind. `replace` allows it where there is a flag of that key, which stays on or off as it is.',
    body: z.strictObject({
      from: z.string().describe('The other environment.'),
      flag: Key,
      replace: z.boolean().default(false),
      ...version,
    }),
    entity: Flag,
    status: 201,
    command: async ({ body: { from, flag: key, ...rest }, database, caller }) => {
      const place = await findPlace(database, { environment: from })
      if (!place || !may(caller, 'viewer', place))
        return refuse('NOT_FOUND', `there is no environment ${from}`)
      const flag = await readEntity(database, from, 'flag', key)
      if (!flag) return refuse('NOT_FOUND', `there is no flag ${key} in ${from}`)
      return ok({ kind: 'copy-flag', from, flag, ...rest })
    },
  }),
  change({
    id: 'roll-back-flag',
    method: 'POST',
    path: `${one}/rollback`,
    needs: 'editor',
    summary: 'Makes a flag what it was at a revision',
    description: versionHelp,
    body: z.strictObject({ revision: z.int().min(1), ...version }),
    entity: Flag,
    command: ({ params: { key }, body }) => ({ kind: 'roll-back-flag', key, ...body }),
  }),
  dependentsRoute('flag', 'flags', 'key'),
]
