// API tokens: what scripts and people without single sign-on show to the admin API. Their text is shown once,
// and stored as SHA-256.
import * as z from 'zod'
import { nameLengthMax } from '../../../core/model/limits.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { sha256Hex, toHex } from '../../http/digest.ts'
import { type RowOf, listRows, readRow } from '../../storage/organisations.ts'
import { mayGrant } from '../auth/access.ts'
import { Slug } from '../api/slugs.ts'
import { edit, withoutSecrets, store } from '../api/organisation-change.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import type { Call } from '../api/call.ts'
import { route } from '../api/route.ts'

const environmentsMax = 1_000
const tokenSecretBytes = 24

const Scope = z.array(Slug).min(1).max(environmentsMax)
const ExpiresAt = z.int().min(0).describe('Epoch milliseconds from which on it is no longer good.')
const TokenName = z.string().min(1).max(nameLengthMax)

const TokenDraft = z
  .strictObject({
    name: TokenName,
    role: z.enum(['owner', 'admin', 'editor', 'viewer']),
    environments: Scope.optional().describe(
      'Where an editor or viewer is one. Absent: everywhere in the organisation.',
    ),
    expiresAt: ExpiresAt.optional(),
  })
  .refine(({ role, environments }) => environments === undefined || role === 'editor' || role === 'viewer', {
    path: ['environments'],
    message: 'owners and admins are so in the whole organisation',
  })
const Token = z.strictObject({
  id: z.string(),
  organisationId: z.string(),
  name: z.string(),
  role: z.enum(['owner', 'admin', 'editor', 'viewer']),
  environments: z.array(z.string()).readonly().nullable(),
  createdAt: z.int(),
  expiresAt: z.int().nullable(),
  lastUsedAt: z.int().nullable().describe('Epoch milliseconds, to the hour.'),
  disabled: z.boolean(),
  version: z.int(),
})
const TokenWithText = Token.extend({ token: z.string().describe('Shown this once.') })
const path = '/organisations/{organisation}/tokens'

async function makeText(): Promise<{ readonly token: string; readonly sha256: string }> {
  const token = `tla_${toHex(crypto.getRandomValues(new Uint8Array(tokenSecretBytes)))}`
  return { token, sha256: await sha256Hex(token) }
}

/** The token, if the caller may change it. */
async function find(call: Call, organisation: string, id: string): Promise<Result<RowOf<'token'>>> {
  const token = await readRow(call.database, 'token', id)
  if (token?.organisationId !== organisation) return refuse('NOT_FOUND', `there is no token ${id}`)
  return mayGrant(call.caller, token.role, organisation)
    ? ok(token)
    : refuse('FORBIDDEN', 'an owner’s token is changed by owners')
}

export const tokens = [
  route({
    id: 'list-tokens',
    method: 'GET',
    path,
    needs: 'admin',
    summary: 'The API tokens of an organisation, without their text',
    query: PageQuery,
    answer: z.strictObject({ tokens: z.array(Token), nextCursor: NextCursor }),
    handle: async ({ database, params, query: { limit, cursor } }) => {
      const after = String(cursor?.[0] ?? '')
      const found = await listRows(database, 'token', params.organisation, after, limit + 1)
      const { rows, ...next } = pageOf(found, limit, ({ id }) => [id])
      return ok({ tokens: rows.map(withoutSecrets), ...next })
    },
  }),
  route({
    id: 'create-token',
    method: 'POST',
    path,
    needs: 'admin',
    summary: 'Makes an API token; its text is shown this once',
    description: 'Only owners make owners’ tokens.',
    body: TokenDraft,
    answer: TokenWithText,
    status: 201,
    handle: async (call) => {
      const { organisation: organisationId } = call.params
      const { name, role, environments = null, expiresAt = null } = call.body
      if (!mayGrant(call.caller, role, organisationId))
        return refuse('FORBIDDEN', 'only owners make owners’ tokens')
      const { token, sha256 } = await makeText()
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
      const stored = await store(call, { kind: 'create-token', entity: 'token', organisationId, after })
      return stored.ok ? ok({ ...withoutSecrets(stored.value), token }) : stored
    },
  }),
  route({
    id: 'update-token',
    method: 'PATCH',
    path: `${path}/{id}`,
    needs: 'admin',
    summary: 'Renames a token, moves its end, disables it or enables it again',
    description: 'What it may never changes: make another.',
    body: z
      .strictObject({ name: TokenName, expiresAt: ExpiresAt.nullable(), disabled: z.boolean() })
      .partial(),
    answer: Token,
    handle: async (call) => {
      const { organisation: organisationId, id } = call.params
      const before = await find(call, organisationId, id)
      if (!before.ok) return before
      const change = { kind: 'update-token', entity: 'token', organisationId, before: before.value } as const
      const edited = await edit(call, change, call.body)
      return edited.ok ? ok(withoutSecrets(edited.value)) : edited
    },
  }),
  route({
    id: 'rotate-token',
    method: 'POST',
    path: `${path}/{id}/rotate`,
    needs: 'admin',
    summary: 'Gives a token another text, shown this once; the old one is no longer good',
    answer: TokenWithText,
    handle: async (call) => {
      const { organisation: organisationId, id } = call.params
      const before = await find(call, organisationId, id)
      if (!before.ok) return before
      const { token, sha256 } = await makeText()
      const change = { kind: 'rotate-token', entity: 'token', organisationId, before: before.value } as const
      const edited = await edit(call, change, { sha256 })
      return edited.ok ? ok({ ...withoutSecrets(edited.value), token }) : edited
    },
  }),
]
