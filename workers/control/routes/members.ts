// Routes of members: people who sign in through Cloudflare Access, identified by their email address.
import * as z from 'zod'
import { emailLengthMax } from '../../../core/model/limits.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { type RowOf, listRows, readRow } from '../../storage/organisations.ts'
import { canGrant } from '../auth/access.ts'
import { Grants, Member, MemberFields } from '../api/access-answers.ts'
import { editRow, storeRow } from '../api/organisation-change.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import type { Call } from '../api/call.ts'
import { route } from '../api/route.ts'

const Email = z.email().max(emailLengthMax).toLowerCase()
const path = '/organisations/{organisation}/members'

/** The member, if the caller may change it. */
async function findEditable(call: Call, organisation: string, id: string): Promise<Result<RowOf<'member'>>> {
  const member = await readRow(call.database, 'member', id)
  if (member?.organisationId !== organisation) return refuse('NOT_FOUND', `there is no member ${id}`)
  return canGrant(call.caller, member.role, organisation)
    ? ok(member)
    : refuse('FORBIDDEN', 'only an owner may change an owner')
}

export const members = [
  route({
    id: 'list-members',
    method: 'GET',
    path,
    needs: 'admin',
    summary: 'Lists the members of an organisation',
    query: PageQuery,
    answer: z.strictObject({ members: z.array(Member), nextCursor: NextCursor }),
    handle: async ({ database, params, query: { limit, cursor } }) => {
      const after = String(cursor?.[0] ?? '')
      const listed = await listRows(database, 'member', params.organisation, after, limit + 1)
      const { rows, ...next } = pageOf(listed, limit, ({ id }) => [id])
      return ok({ members: rows, ...next })
    },
  }),
  route({
    id: 'create-member',
    method: 'POST',
    path,
    needs: 'admin',
    summary: 'Adds a member',
    description: 'By their email address in Cloudflare Access. Only owners can add owners.',
    body: MemberFields.extend({ email: Email }),
    answer: Member,
    status: 201,
    handle: async (call) => {
      const { organisation: organisationId } = call.params
      if (!canGrant(call.caller, call.body.role, organisationId))
        return refuse('FORBIDDEN', 'only an owner may add an owner')
      const id = crypto.randomUUID()
      const after = { ...call.body, organisationId, id, version: 1, createdAt: call.now }
      return storeRow(call, { kind: 'create-member', entity: 'member', organisationId, after })
    },
  }),
  route({
    id: 'update-member',
    method: 'PATCH',
    path: `${path}/{id}`,
    needs: 'admin',
    summary: 'Changes the name, role or environments of a member',
    body: z
      .strictObject({
        name: MemberFields.shape.name.unwrap(),
        role: MemberFields.shape.role.unwrap(),
        environments: Grants,
      })
      .partial(),
    answer: Member,
    handle: async (call) => {
      const { organisation: organisationId, id } = call.params
      const before = await findEditable(call, organisationId, id)
      if (!before.ok) return before
      if (call.body.role !== undefined && !canGrant(call.caller, call.body.role, organisationId))
        return refuse('FORBIDDEN', 'only an owner may add an owner')
      const change = {
        kind: 'update-member',
        entity: 'member',
        organisationId,
        before: before.value,
      } as const
      return editRow(call, change, call.body)
    },
  }),
  route({
    id: 'remove-member',
    method: 'DELETE',
    path: `${path}/{id}`,
    needs: 'admin',
    summary: 'Removes a member; the audit trail keeps their changes and their name',
    answer: Member,
    handle: async (call) => {
      const { organisation: organisationId, id } = call.params
      const before = await findEditable(call, organisationId, id)
      if (!before.ok) return before
      return storeRow(call, { kind: 'remove-member', entity: 'member', organisationId, before: before.value })
    },
  }),
]
