// Routes of organisations, which have members, tokens and projects. A deployment starts with one; its owners
// can create others.
import * as z from 'zod'
import { emailLengthMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { type RowOf, listOrganisations, readRow } from '../../storage/organisations.ts'
import { Name, Slug } from '../api/slugs.ts'
import { editRow, storeRow } from '../api/organisation-change.ts'
import { route } from '../api/route.ts'

const Organisation = z.strictObject({
  id: z.string(),
  name: z.string(),
  archived: z.boolean(),
  version: z.int(),
  createdAt: z.int(),
})
const path = '/organisations/{organisation}'

export const organisations = [
  route({
    id: 'list-organisations',
    method: 'GET',
    path: '/organisations',
    needs: 'member',
    summary: 'Lists the organisations that the caller belongs to',
    answer: z.strictObject({ organisations: z.array(Organisation) }),
    handle: async ({ database, caller }) => {
      const ids = caller.memberships.map(({ organisationId }) => organisationId)
      return ok({ organisations: await listOrganisations(database, ids) })
    },
  }),
  route({
    id: 'create-organisation',
    method: 'POST',
    path: '/organisations',
    needs: 'deployment-owner',
    summary: 'Creates an organisation with its first owner',
    body: z.strictObject({
      id: Slug,
      name: Name.default(''),
      owner: z.email().max(emailLengthMax).toLowerCase(),
    }),
    answer: Organisation,
    status: 201,
    handle: async (call) => {
      const { body, now } = call
      const { id, name, owner } = body
      const versioned = { version: 1, createdAt: now }
      const member: RowOf<'member'> = {
        organisationId: id,
        id: crypto.randomUUID(),
        email: owner,
        name: '',
        role: 'owner',
        environments: {},
        ...versioned,
      }
      return storeRow(
        call,
        {
          kind: 'create-organisation',
          entity: 'organisation',
          organisationId: id,
          after: { id, name, archived: false, ...versioned },
        },
        { kind: 'create-member', entity: 'member', organisationId: id, after: member },
      )
    },
  }),
  route({
    id: 'read-organisation',
    method: 'GET',
    path,
    needs: 'member',
    summary: 'Reads one organisation',
    answer: Organisation,
    handle: async ({ database, params }) => {
      const row = await readRow(database, 'organisation', params.organisation)
      return row ? ok(row) : refuse('NOT_FOUND', `there is no organisation ${params.organisation}`)
    },
  }),
  route({
    id: 'update-organisation',
    method: 'PATCH',
    path,
    needs: 'owner',
    summary: 'Changes the name of an organisation, or archives it',
    body: z.strictObject({ name: Name, archived: z.boolean() }).partial(),
    answer: Organisation,
    handle: async (call) => {
      const before = await readRow(call.database, 'organisation', call.params.organisation)
      if (!before) return refuse('NOT_FOUND', `there is no organisation ${call.params.organisation}`)
      const change = {
        kind: 'update-organisation',
        entity: 'organisation',
        organisationId: before.id,
      } as const
      return editRow(call, { ...change, before }, call.body)
    },
  }),
]
