// Routes of projects: environments that belong together, such as production and staging of one product.
import * as z from 'zod'
import { ok, refuse } from '../../../core/model/problem.ts'
import { listRows, readRow } from '../../storage/organisations.ts'
import { Description, Name, Slug } from '../api/slugs.ts'
import { editRow, storeRow } from '../api/organisation-change.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import { route } from '../api/route.ts'
import { Project } from '../api/shapes.ts'

const path = '/organisations/{organisation}/projects'

export const projects = [
  route({
    id: 'list-projects',
    method: 'GET',
    path,
    needs: 'member',
    summary: 'Lists the projects of an organisation',
    query: PageQuery,
    answer: z.strictObject({ projects: z.array(Project), nextCursor: NextCursor }),
    handle: async ({ database, params, query: { limit, cursor } }) => {
      const after = String(cursor?.[0] ?? '')
      const listed = await listRows(database, 'project', params.organisation, after, limit + 1)
      const { rows, ...next } = pageOf(listed, limit, ({ id }) => [id])
      return ok({ projects: rows, ...next })
    },
  }),
  route({
    id: 'create-project',
    method: 'POST',
    path,
    needs: 'admin',
    summary: 'Creates a project',
    description: 'Ids of projects are unique in the deployment.',
    body: z.strictObject({ id: Slug, name: Name.default(''), description: Description.default('') }),
    answer: Project,
    status: 201,
    handle: async (call) => {
      const { organisation: organisationId } = call.params
      const after = { ...call.body, organisationId, archived: false, version: 1, createdAt: call.now }
      return storeRow(call, { kind: 'create-project', entity: 'project', organisationId, after })
    },
  }),
  route({
    id: 'read-project',
    method: 'GET',
    path: '/projects/{project}',
    needs: 'member',
    summary: 'Reads one project',
    answer: Project,
    handle: async ({ database, params }) => {
      const row = await readRow(database, 'project', params.project)
      return row ? ok(row) : refuse('NOT_FOUND', `there is no project ${params.project}`)
    },
  }),
  route({
    id: 'update-project',
    method: 'PATCH',
    path: '/projects/{project}',
    needs: 'admin',
    summary: 'Changes the name or description of a project, or archives it',
    description: 'An archived project accepts no new environments. Existing ones do not change.',
    body: z.strictObject({ name: Name, description: Description, archived: z.boolean() }).partial(),
    answer: Project,
    handle: async (call) => {
      const before = await readRow(call.database, 'project', call.params.project)
      if (!before) return refuse('NOT_FOUND', `there is no project ${call.params.project}`)
      const { organisationId } = before
      return editRow(call, { kind: 'update-project', entity: 'project', organisationId, before }, call.body)
    },
  }),
]
