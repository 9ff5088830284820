// API tokens: what scripts and people without single sign-on show to the admin API.
import * as z from 'zod'
import { nameLengthMax } from '../../../core/limits.ts'
import { ok } from '../../../core/problem.ts'
import { sha256Hex, toHex } from '../../http/digest.ts'
import { storeToken } from '../../storage/lists.ts'
import { route } from '../route.ts'

const TokenDraft = z.strictObject({
  name: z.string().min(1).max(nameLengthMax),
  role: z.enum(['owner', 'editor', 'viewer']),
})
const tokenSecretBytes = 24

export const tokens = [
  route({
    id: 'create-token',
    method: 'POST',
    path: '/tokens',
    needs: 'owner',
    summary: 'Makes an API token; its text is shown this once',
    body: TokenDraft,
    answer: TokenDraft.extend({ id: z.string(), token: z.string() }),
    status: 201,
    handle: async ({ database, body, now }) => {
      const token = `tla_${toHex(crypto.getRandomValues(new Uint8Array(tokenSecretBytes)))}`
      const id = crypto.randomUUID()
      await storeToken(database, { ...body, id, sha256: await sha256Hex(token), createdAt: now })
      return ok({ id, ...body, token })
    },
  }),
]
