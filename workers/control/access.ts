// Who may call the admin API: holders of a token with a role. Tokens are stored as SHA-256 only; the first one is written into D1 by
// whoever owns the database (`npm start` locally, `npm run token` on Cloudflare).
import type { MiddlewareHandler } from 'hono'
import { sha256Hex } from '../http/digest.ts'
import { problemResponse } from '../http/problem-response.ts'
import { openDatabase } from '../storage/configuration.ts'
import { findToken } from '../storage/lists.ts'
import type { Actor } from '../storage/schema.ts'
import type { ControlBindings } from './bindings.ts'

export type Role = 'owner' | 'editor' | 'viewer'

export interface AdminContext {
  readonly Bindings: ControlBindings
  readonly Variables: { readonly actor: Actor }
}

const rank: Record<Role, number> = { viewer: 1, editor: 2, owner: 3 }

/** Lets in whoever holds a token of this role or a higher one. */
export function requires(role: Role): MiddlewareHandler<AdminContext> {
  return async (c, next) => {
    const token = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (token === undefined)
      return problemResponse({
        code: 'UNAUTHENTICATED',
        message: 'send an API token: Authorization: Bearer <token>',
      })
    const caller = await identify(c.env, token)
    if (!caller) return problemResponse({ code: 'UNAUTHENTICATED', message: 'this token is not known' })
    if (rank[caller.role] < rank[role]) {
      return problemResponse({
        code: 'FORBIDDEN',
        message: `this needs the role ${role}, the token has ${caller.role}`,
      })
    }
    c.set('actor', caller.actor)
    return next()
  }
}

async function identify(
  env: ControlBindings,
  token: string,
): Promise<{ role: Role; actor: Actor } | undefined> {
  const digest = await sha256Hex(token)
  const found = await findToken(openDatabase(env.DB), digest)
  return found && { role: found.role, actor: { kind: 'token', id: found.id, name: found.name } }
}
