// Routes of API tokens, for scripts and people without single sign-on. A token is returned once, when it is
// created; only its SHA-256 is stored.
import * as z from 'zod'
import { withoutSecrets } from '../../../core/change/redaction.ts'
import { grantsMax, nameLengthMax, overlapMsMax } from '../../../core/model/limits.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { sha256Hex, toHex } from '../../http/digest.ts'
import { OrganisationRow, type RowOf, listRows, readRow } from '../../storage/organisations.ts'
import { canGrant } from '../auth/access.ts'
import { Token } from '../api/access-answers.ts'
import { Slug } from '../api/slugs.ts'
import { editRow, storeRow } from '../api/organisation-change.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import type { Call } from '../api/call.ts'
import { route } from '../api/route.ts'

const tokenSecretBytes = 24
const keptSuffix = ' (replaced)'

const Scope = z.array(Slug).min(1).max(grantsMax)
const ExpiresAt = z.int().min(0).describe('Epoch milliseconds from which the token is invalid.')
const TokenName = z.string().min(1).max(nameLengthMax)

const TokenDraft = z
  .strictObject({
    name: TokenName,
    role: z.enum(['owner', 'admin', 'editor', 'viewer']),
    environments: Scope.optional().describe(
      'The environments of an editor or viewer. Absent: all of the organisation.',
    ),
    expiresAt: ExpiresAt.optional(),
  })
  .refine(({ role, environments }) => environments === undefined || role === 'editor' || role === 'viewer', {
    path: ['environments'],
    message: 'only editors and viewers can be limited to environments',
  })
const TokenWithText = Token.extend({ token: z.string().describe('Returned only this once.') })
const path = '/organisations/{organisation}/tokens'

const toPublicToken = (row: RowOf<'token'>) => withoutSecrets(row, OrganisationRow)

async function generateToken(): Promise<{ readonly token: string; readonly sha256: string }> {
  const token = `tla_${toHex(crypto.getRandomValues(new Uint8Array(tokenSecretBytes)))}`
  return { token, sha256: await sha256Hex(token) }
}

/** The token, if the caller may change it. */
async function findEditable(call: Call, organisation: string, id: string): Promise<Result<RowOf<'token'>>> {
  const token = await readRow(call.database, 'token', id)
  if (token?.organisationId !== organisation) return refuse('NOT_FOUND', `there is no token ${id}`)
  return canGrant(call.caller, token.role, organisation)
    ? ok(token)
    : refuse('FORBIDDEN', 'only an owner may change an owner’s token')
}

/** The old text of a rotated token as a token of its own, which ends soon. */
function keptToken(before: RowOf<'token'>, now: number, overlapMs: number) {
  const { organisationId, name, expiresAt } = before
  const after = {
    ...before,
    id: crypto.randomUUID(),
    name: name.slice(0, nameLengthMax - keptSuffix.length) + keptSuffix,
    expiresAt: Math.min(expiresAt ?? Infinity, now + overlapMs),
    version: 1,
    createdAt: now,
  }
  return { kind: 'create-token', entity: 'token', organisationId, after } as const
}

export const tokens = [
  route({
    id: 'list-tokens',
    method: 'GET',
    path,
    needs: 'admin',
    summary: 'Lists the API tokens of an organisation, without the secrets',
    query: PageQuery,
    answer: z.strictObject({ tokens: z.array(Token), nextCursor: NextCursor }),
    handle: async ({ database, params, query: { limit, cursor } }) => {
      const after = String(cursor?.[0] ?? '')
      const listed = await listRows(database, 'token', params.organisation, after, limit + 1)
      const { rows, ...next } = pageOf(listed, limit, ({ id }) => [id])
      return ok({ tokens: rows.map(toPublicToken), ...next })
    },
  }),
  route({
    id: 'create-token',
    method: 'POST',
    path,
    needs: 'admin',
    summary: 'Creates an API token, and returns it only this once',
    description: 'Only owners can create owners’ tokens.',
    body: TokenDraft,
    answer: TokenWithText,
    status: 201,
    handle: async (call) => {
      const { organisation: organisationId } = call.params
      const { name, role, environments = null, expiresAt = null } = call.body
      if (!canGrant(call.caller, role, organisationId))
        return refuse('FORBIDDEN', 'only an owner may create an owner’s token')
      const { token, sha256 } = await generateToken()
      const after = {
        id: crypto.randomUUID(),
        organisationId,
        name,
        role,
        environments,
        sha256,
        expiresAt,
        lastUsedAt: null,
        disabled: false,
        version: 1,
        createdAt: call.now,
      }
      const stored = await storeRow(call, { kind: 'create-token', entity: 'token', organisationId, after })
      return stored.ok ? ok({ ...toPublicToken(stored.value), token }) : stored
    },
  }),
  route({
    id: 'update-token',
    method: 'PATCH',
    path: `${path}/{id}`,
    needs: 'admin',
    summary: 'Changes the name or expiry of a token, disables it or enables it again',
    description: 'The rights of a token cannot be changed. Create another one instead.',
    body: z
      .strictObject({ name: TokenName, expiresAt: ExpiresAt.nullable(), disabled: z.boolean() })
      .partial(),
    answer: Token,
    handle: async (call) => {
      const { organisation: organisationId, id } = call.params
      const before = await findEditable(call, organisationId, id)
      if (!before.ok) return before
      const change = { kind: 'update-token', entity: 'token', organisationId, before: before.value } as const
      const edited = await editRow(call, change, call.body)
      return edited.ok ? ok(toPublicToken(edited.value)) : edited
    },
  }),
  route({
    id: 'rotate-token',
    method: 'POST',
    path: `${path}/{id}/rotate`,
    needs: 'admin',
    summary: 'Replaces a token, and returns the new one only this once',
    description:
      'The old one stops working at once. With `overlapMs` it stays valid for that time, as a token of its own ' +
      'that is listed, tells when it is still used, and can be disabled.',
    query: z.strictObject({
      overlapMs: z.coerce.number().int().min(0).max(overlapMsMax).default(0).describe('At most 90 days.'),
    }),
    answer: TokenWithText,
    handle: async (call) => {
      const { organisation: organisationId, id } = call.params
      const before = await findEditable(call, organisationId, id)
      if (!before.ok) return before
      const { token, sha256 } = await generateToken()
      const change = { kind: 'rotate-token', entity: 'token', organisationId, before: before.value } as const
      const { overlapMs } = call.query
      const kept = overlapMs > 0 ? [keptToken(before.value, call.now, overlapMs)] : []
      const edited = await editRow(call, change, { sha256 }, ...kept)
      return edited.ok ? ok({ ...toPublicToken(edited.value), token }) : edited
    },
  }),
]
