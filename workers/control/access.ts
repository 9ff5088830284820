// Who calls the admin API, and what they may. Tokens are stored as SHA-256 only; the first one is written into D1 by whoever owns the
// database (`npm start` locally, `npm run token` on Cloudflare).
import { type Result, ok, refuse } from '../../core/problem.ts'
import type { Actor, Origin } from '../environment-object.ts'
import { sha256Hex } from '../http/digest.ts'
import type { Database } from '../storage/configuration.ts'
import { findToken } from '../storage/lists.ts'

/** What a route asks of its caller; each role includes those before it. */
export type Needs = 'anyone' | 'viewer' | 'editor' | 'owner'

export interface Caller {
  readonly actor: Actor
  readonly origin: Origin
  readonly role: Exclude<Needs, 'anyone'>
}

const rank: Record<Needs, number> = { anyone: 0, viewer: 1, editor: 2, owner: 3 }

/** For routes that everybody may call. */
const nobody = (origin: Origin): Caller => ({
  actor: { kind: 'token', id: '', name: '' },
  origin,
  role: 'viewer',
})

/** The caller, if this route is open to them. */
export async function letIn(database: Database, request: Request, needs: Needs): Promise<Result<Caller>> {
  const origin = originOf(request)
  if (needs === 'anyone') return ok(nobody(origin))
  const token = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (token === undefined) {
    return refuse('UNAUTHENTICATED', 'send an API token: Authorization: Bearer <token>')
  }
  const found = await findToken(database, await sha256Hex(token))
  if (!found) return refuse('UNAUTHENTICATED', 'this token is not known')
  const { id, name, role } = found
  if (rank[role] < rank[needs]) {
    return refuse('FORBIDDEN', `this needs the role ${needs}, the token has ${role}`)
  }
  return ok({ actor: { kind: 'token', id, name }, origin, role })
}

const userAgentLengthMax = 300

/** Where a request comes from, as Cloudflare and the client say. */
function originOf({ headers }: Request): Origin {
  return {
    ip: headers.get('cf-connecting-ip') ?? '',
    userAgent: (headers.get('user-agent') ?? '').slice(0, userAgentLengthMax),
  }
}
