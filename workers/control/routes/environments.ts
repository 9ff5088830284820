// Environments: what has flags, keys and a history of its own. Each belongs to a project.
import * as z from 'zod'
import { ok, refuse } from '../../../core/model/problem.ts'
import { findPlace } from '../../storage/identity.ts'
import { firstProject } from '../../storage/organisation-schema.ts'
import { type Sight, listEnvironments, readRow } from '../../storage/organisations.ts'
import { type Membership, may } from '../auth/access.ts'
import { Environment, EnvironmentRow, changedOf } from '../api/shapes.ts'
import { objectOf, toResult } from '../api/execute.ts'
import { Description, Name, Slug } from '../api/slugs.ts'
import { edit } from '../api/organisation-change.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import { route } from '../api/route.ts'

/** What a membership lets its holder see: all environments of an organisation, or those it names. */
function sightOf({ organisationId, role, environments }: Membership): Sight {
  const everywhere = role !== 'member' || Object.hasOwn(environments, '*')
  return { organisationId, environmentIds: everywhere ? 'all' : Object.keys(environments) }
}

export const environments = [
  route({
    id: 'list-environments',
    method: 'GET',
    path: '/environments',
    needs: 'member',
    summary: 'The environments that the caller may see, with their newest revision',
    query: PageQuery.extend({ project: Slug.optional() }),
    answer: z.strictObject({
      environments: z.array(EnvironmentRow),
      nextCursor: NextCursor,
    }),
    handle: async ({ database, caller, query: { limit, cursor, project } }) => {
      const sights = caller.memberships.map(sightOf)
      const after = String(cursor?.[0] ?? '')
      const found = await listEnvironments(database, sights, project, after, limit + 1)
      const { rows, ...next } = pageOf(found, limit, ({ id }) => [id])
      return ok({ environments: rows, ...next })
    },
  }),
  route({
    id: 'create-environment',
    method: 'POST',
    path: '/environments',
    needs: 'admin',
    summary: 'Makes an environment',
    description: 'In a project of an organisation where the caller is an admin.',
    body: z.strictObject({ id: Slug, name: Name.default(''), project: Slug.default(firstProject) }),
    answer: changedOf(z.strictObject({ id: z.string(), name: z.string() })),
    status: 201,
    handle: async (call) => {
      const { id, name, project } = call.body
      const place = await findPlace(call.database, { project })
      if (!place) return refuse('NOT_FOUND', `there is no project ${project}`)
      if (!may(call.caller, 'admin', place))
        return refuse('FORBIDDEN', `this needs the role admin in project ${project}`)
      if (place.archived) return refuse('CONFLICT', `project ${project} is archived`)
      const { actor, origin } = call.caller
      const { organisationId } = place
      const request = { environmentId: id, organisationId, projectId: project, name, actor, origin }
      return toResult(await objectOf(call, id).create(request))
    },
  }),
  route({
    id: 'read-environment',
    method: 'GET',
    path: '/environments/{environment}',
    needs: 'viewer',
    summary: 'One environment',
    answer: Environment,
    handle: async ({ database, params: { environment } }) => {
      const found = await readRow(database, 'environment', environment)
      return found ? ok(found) : refuse('NOT_FOUND', `there is no environment ${environment}`)
    },
  }),
  route({
    id: 'update-environment',
    method: 'PATCH',
    path: '/environments/{environment}',
    needs: 'admin',
    summary: 'Renames an environment, describes it, or archives it',
    description:
      'An archived environment takes no changes. What is published stays: to end that too, disable its SDK keys first.',
    body: z.strictObject({ name: Name, description: Description, archived: z.boolean() }).partial(),
    answer: Environment,
    handle: async (call) => {
      const before = await readRow(call.database, 'environment', call.params.environment)
      if (!before || !call.place)
        return refuse('NOT_FOUND', `there is no environment ${call.params.environment}`)
      const { organisationId } = call.place
      return edit(
        call,
        { kind: 'update-environment', entity: 'environment', organisationId, before },
        call.body,
      )
    },
  }),
]
