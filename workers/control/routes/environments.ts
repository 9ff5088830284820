// Routes of environments, which hold flags, SDK keys and a history. Each belongs to a project.
import * as z from 'zod'
import { environmentsPerProjectMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { findScope } from '../../storage/identity.ts'
import { firstProject } from '../../storage/organisation-schema.ts'
import {
  type VisibleEnvironments,
  countEnvironments,
  listEnvironments,
  readRow,
} from '../../storage/organisations.ts'
import { type Membership, hasRole } from '../auth/access.ts'
import { Environment, EnvironmentRow, changeAnswer } from '../api/shapes.ts'
import { toResult } from '../api/execute-command.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { Description, Name, Slug } from '../api/slugs.ts'
import { editRow } from '../api/organisation-change.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import { route } from '../api/route.ts'

/** The environments that a membership makes visible: all of the organisation, or those it names. */
function visibleEnvironmentsOf({ organisationId, role, environments }: Membership): VisibleEnvironments {
  const everywhere = role !== 'member' || Object.hasOwn(environments, '*')
  return { organisationId, environmentIds: everywhere ? 'all' : Object.keys(environments) }
}

export const environments = [
  route({
    id: 'list-environments',
    method: 'GET',
    path: '/environments',
    needs: 'member',
    summary: 'Lists the environments that the caller may see, with their newest revision',
    query: PageQuery.extend({ project: Slug.optional() }),
    answer: z.strictObject({
      environments: z.array(EnvironmentRow),
      nextCursor: NextCursor,
    }),
    handle: async ({ database, caller, query: { limit, cursor, project } }) => {
      const visible = caller.memberships.map(visibleEnvironmentsOf)
      const after = String(cursor?.[0] ?? '')
      const listed = await listEnvironments(database, visible, project, after, limit + 1)
      const { rows, ...next } = pageOf(listed, limit, ({ id }) => [id])
      return ok({ environments: rows, ...next })
    },
  }),
  route({
    id: 'create-environment',
    method: 'POST',
    path: '/environments',
    needs: 'admin',
    summary: 'Creates an environment',
    description: 'The caller must be an admin of the organisation that has the project.',
    body: z.strictObject({
      id: Slug,
      name: Name.default(''),
      project: Slug.default(firstProject),
      production: z.boolean().default(false),
    }),
    answer: changeAnswer(z.strictObject({ id: z.string(), name: z.string() })),
    status: 201,
    handle: async (call) => {
      const { id, name, project, production } = call.body
      const scope = await findScope(call.database, { project })
      if (!scope || !hasRole(call.caller, 'member', { ...scope, archived: false }))
        return refuse('NOT_FOUND', `there is no project ${project}`)
      if (!hasRole(call.caller, 'admin', scope))
        return refuse('FORBIDDEN', `this needs the role admin in project ${project}`)
      if (scope.archived) return refuse('CONFLICT', `project ${project} is archived`)
      // two at once may pass together: the limit is there to stop what runs wild
      if ((await countEnvironments(call.database, project)) >= environmentsPerProjectMax)
        return refuse('TOO_LARGE', `a project has at most ${environmentsPerProjectMax} environments`)
      const { actor, origin } = call.caller
      const { organisationId } = scope
      const fields = { organisationId, projectId: project, name, production }
      const request = { environmentId: id, ...fields, actor, origin }
      return toResult(await environmentStub(call, id).create(request))
    },
  }),
  route({
    id: 'read-environment',
    method: 'GET',
    path: '/environments/{environment}',
    needs: 'viewer',
    summary: 'Reads one environment',
    answer: Environment,
    handle: async ({ database, params: { environment } }) => {
      const row = await readRow(database, 'environment', environment)
      return row ? ok(row) : refuse('NOT_FOUND', `there is no environment ${environment}`)
    },
  }),
  route({
    id: 'update-environment',
    method: 'PATCH',
    path: '/environments/{environment}',
    needs: 'admin',
    summary: 'Changes the name, description or production mark of an environment, or archives it',
    description:
      'An archived environment accepts no changes. What is published stays: to stop serving it, ' +
      'disable its SDK keys first.',
    body: z
      .strictObject({ name: Name, description: Description, archived: z.boolean(), production: z.boolean() })
      .partial(),
    answer: Environment,
    handle: async (call) => {
      const before = await readRow(call.database, 'environment', call.params.environment)
      if (!before || !call.scope)
        return refuse('NOT_FOUND', `there is no environment ${call.params.environment}`)
      const { organisationId } = call.scope
      return editRow(
        call,
        { kind: 'update-environment', entity: 'environment', organisationId, before },
        call.body,
      )
    },
  }),
]
