// Routes that create and change flags. Their history and evaluation are in flag-insight.ts.
import * as z from 'zod'
import { ManyFlags } from '../../../core/change/command.ts'
import { FlagChanges, FlagDraft } from '../../../core/model/flag-draft.ts'
import { Flag, FlagKey, FlagType, Id } from '../../../core/model/flag.ts'
import { keyLengthMax, rulesMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { findScope } from '../../storage/identity.ts'
import { readEntity } from '../../storage/entities.ts'
import { hasRole } from '../auth/access.ts'
import {
  booleanFilter,
  deleteRoute,
  expectedVersion,
  readRoutes,
  textFilter,
  versionDescription,
} from '../api/entity-routes.ts'
import { change } from '../api/route.ts'
import { Counts } from '../api/shapes.ts'
import { dependentsRoute } from './dependents.ts'

const resource = {
  kind: 'flag',
  name: 'flag',
  plural: 'flags',
  param: 'key',
  schema: Flag,
  filters: {
    tag: textFilter,
    maintainer: textFilter,
    type: FlagType.optional(),
    enabled: booleanFilter,
    archived: booleanFilter,
    hasExperiment: booleanFilter,
    hasOperations: booleanFilter,
  },
  remove: (id: string) => ({ kind: 'delete-flag', id }) as const,
} as const

const flagPath = '/environments/{environment}/flags/{key}'

export const flags = [
  ...readRoutes(resource),
  change({
    id: 'create-flag',
    method: 'POST',
    path: '/environments/{environment}/flags',
    needs: 'editor',
    summary: 'Creates a flag',
    body: FlagDraft,
    entity: Flag,
    status: 201,
    command: ({ body }) => ({ kind: 'create-flag', flag: body }),
  }),
  change({
    id: 'update-flag',
    method: 'PATCH',
    path: flagPath,
    needs: 'editor',
    summary: 'Changes the fields that are sent, all in one revision',
    description: versionDescription,
    body: FlagChanges.safeExtend(expectedVersion),
    entity: Flag,
    command: ({ params: { key }, body: { version, ...changes } }) => ({
      kind: 'update-flag',
      key,
      ...(version !== undefined && { version }),
      changes,
    }),
  }),
  change({
    id: 'update-flags',
    method: 'POST',
    path: '/environments/{environment}/flag-changes',
    needs: 'editor',
    summary: 'Changes many flags in the same way, all in one revision or none',
    description:
      'Turns flags on or off, archives them or brings them back, adds and removes tags, sets the maintainer. ' +
      'If one of the flags cannot be changed, none is, and `errors` names each that cannot, by ' +
      '`flags.<key>`. With `dryRun=true`, `changes` says what would become of each flag.',
    body: ManyFlags,
    entity: Counts,
    command: ({ body }) => ({ kind: 'update-flags', ...body }),
  }),
  deleteRoute(resource),
  change({
    id: 'reorder-rules',
    method: 'POST',
    path: `${flagPath}/reorder`,
    needs: 'editor',
    summary: 'Reorders the rules of a flag; `ruleIds` names each of them once',
    description: versionDescription,
    body: z.strictObject({ ruleIds: z.array(Id).max(rulesMax), ...expectedVersion }),
    entity: Flag,
    command: ({ params: { key }, body }) => ({ kind: 'reorder-rules', key, ...body }),
  }),
  change({
    id: 'clone-flag',
    method: 'POST',
    path: `${flagPath}/clone`,
    needs: 'editor',
    summary: 'Copies a flag to another key: off, and with a new split of users',
    body: z.strictObject({ key: FlagKey, name: FlagChanges.shape.name }),
    entity: Flag,
    status: 201,
    command: ({ params: { key }, body }) => ({ kind: 'clone-flag', key, as: body.key, name: body.name }),
  }),
  change({
    id: 'copy-flag',
    method: 'POST',
    path: '/environments/{environment}/copies',
    needs: 'editor',
    summary: 'Copies a flag from another environment, off; `notes` lists what could not be copied',
    description:
      'Rules keep their ids if these are free, so that both environments split users alike. Rules and ' +
      'prerequisites that need a missing segment, flag or variation are left out. `replace` also ' +
      'overwrites an existing flag of that key, which stays on or off.',
    body: z.strictObject({
      from: z.string().max(keyLengthMax).describe('The other environment.'),
      flag: FlagKey,
      replace: z.boolean().default(false),
      ...expectedVersion,
    }),
    entity: Flag,
    status: 201,
    command: async ({ body: { from, flag: key, ...rest }, database, caller }) => {
      const scope = await findScope(database, { environment: from })
      if (!scope || !hasRole(caller, 'viewer', scope))
        return refuse('NOT_FOUND', `there is no environment ${from}`)
      const flag = await readEntity(database, from, 'flag', key)
      if (!flag) return refuse('NOT_FOUND', `there is no flag ${key} in ${from}`)
      return ok({ kind: 'copy-flag', from, flag, ...rest })
    },
  }),
  change({
    id: 'roll-back-flag',
    method: 'POST',
    path: `${flagPath}/rollback`,
    needs: 'editor',
    summary: 'Restores a flag to what it was at a revision',
    description: versionDescription,
    body: z.strictObject({ revision: z.int().min(1), ...expectedVersion }),
    entity: Flag,
    command: ({ params: { key }, body }) => ({ kind: 'roll-back-flag', key, ...body }),
  }),
  dependentsRoute('flag', 'flags', 'key'),
]
