// Routes of key approvals: which organisation may import a key of another system. A client key is in every
// page that uses it, so whoever knows its text is not yet its owner.
import * as z from 'zod'
import { ok, refuse } from '../../../core/model/problem.ts'
import { sha256Hex } from '../../http/digest.ts'
import { listApprovals } from '../../storage/imported-keys.ts'
import { firstOrganisation } from '../../storage/organisation-schema.ts'
import { type RowOf, lastVersion, readRow } from '../../storage/organisations.ts'
import { ForeignKeyText } from '../api/foreign-key.ts'
import { storeRow } from '../api/organisation-change.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import { route } from '../api/route.ts'
import { Name, Slug } from '../api/slugs.ts'

const KeyApproval = z.strictObject({
  id: z.string().describe('The SHA-256 of the key, in hex.'),
  organisationId: z.string(),
  name: z.string(),
  version: z.int(),
  createdAt: z.int(),
})
/** Approvals are of the whole deployment, so its first organisation's audit trail has them. */
const stored = { entity: 'key-approval', organisationId: firstOrganisation } as const

export const keyApprovals = [
  route({
    id: 'list-key-approvals',
    method: 'GET',
    path: '/key-approvals',
    needs: 'deployment-owner',
    summary: 'Lists which organisation may import which key of another system',
    query: PageQuery,
    answer: z.strictObject({ keyApprovals: z.array(KeyApproval), nextCursor: NextCursor }),
    handle: async ({ database, query: { limit, cursor } }) => {
      const listed = await listApprovals(database, String(cursor?.[0] ?? ''), limit + 1)
      const { rows, ...next } = pageOf(listed, limit, ({ id }) => [id])
      return ok({ keyApprovals: rows, ...next })
    },
  }),
  route({
    id: 'create-key-approval',
    method: 'POST',
    path: '/key-approvals',
    needs: 'deployment-owner',
    summary: 'Lets an organisation import a key of another system',
    description:
      'Environments of other organisations can import such a key only with an approval, and then nobody ' +
      'else can. Make sure that the key is theirs: client keys are public.',
    body: z.strictObject({ key: ForeignKeyText, organisation: Slug, name: Name.default('') }),
    answer: KeyApproval,
    status: 201,
    handle: async (call) => {
      const { key, organisation: organisationId, name } = call.body
      if (!(await readRow(call.database, 'organisation', organisationId)))
        return refuse('NOT_FOUND', `there is no organisation ${organisationId}`)
      const id = await sha256Hex(key)
      // An approval that was withdrawn can be given again: its versions go on.
      const version = 1 + (await lastVersion(call.database, stored.entity, stored.organisationId, id))
      const after: RowOf<'key-approval'> = { id, organisationId, name, version, createdAt: call.now }
      return storeRow(call, { kind: 'create-key-approval', ...stored, after })
    },
  }),
  route({
    id: 'delete-key-approval',
    method: 'DELETE',
    path: '/key-approvals/{keyApproval}',
    needs: 'deployment-owner',
    summary: 'Withdraws an approval',
    description: 'An environment that has imported the key keeps it until it deletes it.',
    answer: KeyApproval,
    handle: async (call) => {
      const before = await readRow(call.database, 'key-approval', call.params.keyApproval)
      if (!before) return refuse('NOT_FOUND', `there is no key approval ${call.params.keyApproval}`)
      return storeRow(call, { kind: 'delete-key-approval', ...stored, before })
    },
  }),
]
