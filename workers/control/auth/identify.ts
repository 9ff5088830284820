// Identifies the caller of an admin route, by API token or by Cloudflare Access, and checks the role it
// requires. D1 stores only the SHA-256 of a token. The first token is inserted straight into D1 by the
// owner of the database (`npm start` locally, `npm run token` on Cloudflare).
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { Actor, Origin } from '../../contracts/environment-contract.ts'
import { sha256Hex } from '../../http/digest.ts'
import type { Database } from '../../storage/database.ts'
import {
  type MemberRow,
  type Scope,
  type ScopeName,
  findMembers,
  findScope,
  findToken,
  recordTokenUse,
} from '../../storage/identity.ts'
import { firstOrganisation } from '../../storage/organisation-schema.ts'
import { type Caller, type Membership, type RequiredRole, hasRole, membershipOfToken } from './access.ts'
import { type AccessSettings, accessTokenOf, verifyAccessToken } from './access-jwt.ts'

interface AuthorisationRequest {
  readonly request: Request
  readonly database: Database
  readonly access: AccessSettings | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** For work that the response need not wait for. */
  readonly waitUntil: (work: Promise<unknown>) => void
}

export interface Authorisation {
  readonly caller: Caller
  /** The organisation and environment that the path names; undefined if it names none. */
  readonly scope: Scope | undefined
}

interface Identity {
  readonly actor: Actor
  readonly memberships: readonly Membership[]
  readonly scope: Scope | undefined
}

/** Identifies the caller and refuses those without the role in the scope that the path names. */
export async function authorise(
  input: AuthorisationRequest,
  role: RequiredRole,
  name: ScopeName,
): Promise<Result<Authorisation>> {
  const identity = role === 'anyone' ? ok(await anonymous(input, name)) : await identify(input, name)
  if (!identity.ok) return identity
  const { actor, memberships, scope } = identity.value
  const id = name.environment ?? name.project ?? name.organisation
  // the same for what belongs to others, so that nobody learns what exists
  if (id !== undefined && (scope === undefined || isForeign(scope, memberships, role)))
    return refuse('NOT_FOUND', `there is no ${kindOf(name)} ${id}`)
  if (!hasRole({ memberships }, role, scope)) {
    if (role === 'deployment-owner')
      return refuse('FORBIDDEN', `this needs the role owner in organisation ${firstOrganisation}`)
    const where = id === undefined ? '' : ` in ${kindOf(name)} ${id}`
    return refuse('FORBIDDEN', `this needs the role ${role}${where}`)
  }
  return ok({ caller: { actor, memberships, origin: originOf(input.request) }, scope })
}

const isForeign = (scope: Scope, memberships: readonly Membership[], role: RequiredRole) =>
  role !== 'anyone' && !memberships.some(({ organisationId }) => organisationId === scope.organisationId)

const kindOf = ({ environment, project }: ScopeName) =>
  environment !== undefined ? 'environment' : project !== undefined ? 'project' : 'organisation'

const anonymous = async ({ database }: AuthorisationRequest, name: ScopeName): Promise<Identity> => ({
  actor: { kind: 'job', id: 'anyone', name: 'anyone' },
  memberships: [],
  scope: await findScope(database, name),
})

/** An API token takes precedence over Access. */
async function identify(input: AuthorisationRequest, name: ScopeName): Promise<Result<Identity>> {
  const { request, access } = input
  const authorization = request.headers.get('authorization')
  if (authorization !== null) return identifyToken(input, authorization, name)
  const assertion = access && accessTokenOf(request)
  if (access && assertion !== undefined) return identifyMember(input, access, assertion, name)
  return missingToken
}

const missingToken = refuse('UNAUTHENTICATED', 'send an API token: Authorization: Bearer <token>')

/** The token of an Authorization header; undefined if it uses another scheme. */
export const bearerToken = (authorization: string): string | undefined =>
  /^Bearer (\S+)$/i.exec(authorization)?.[1]

async function identifyToken(
  input: AuthorisationRequest,
  authorization: string,
  name: ScopeName,
): Promise<Result<Identity>> {
  const { database, now, waitUntil } = input
  const text = bearerToken(authorization)
  if (text === undefined) return missingToken
  const { token, scope } = await findToken(database, await sha256Hex(text), name)
  if (!token) return refuse('UNAUTHENTICATED', 'this token is not known')
  if (token.disabled) return refuse('UNAUTHENTICATED', 'this token is disabled')
  if (token.expiresAt !== null && token.expiresAt <= now)
    return refuse('UNAUTHENTICATED', 'this token has expired')
  waitUntil(recordTokenUse(database, token, now))
  const actor = { kind: 'token', id: token.id, name: token.name } as const
  return ok({ actor, memberships: [membershipOfToken(token)], scope })
}

async function identifyMember(
  { request, database }: AuthorisationRequest,
  access: AccessSettings,
  assertion: string,
  name: ScopeName,
): Promise<Result<Identity>> {
  // Browsers attach the Access cookie to every request, also to those that another site makes them send.
  if (!isSafeMethod(request) && !isSameOrigin(request))
    return refuse('FORBIDDEN', 'a change must not come from another site')
  const email = await verifyAccessToken(access, assertion)
  if (!email.ok) return email
  const { members, scope } = await findMembers(database, email.value, name)
  const member = members.find(({ organisationId }) => organisationId === scope?.organisationId) ?? members[0]
  if (!member) return refuse('FORBIDDEN', `${email.value} is not a member here`)
  return ok({ actor: actorOf(member), memberships: members, scope })
}

const actorOf = ({ id, name, email }: MemberRow): Actor => ({ kind: 'member', id, name: name || email })

const isSafeMethod = ({ method }: Request) => method === 'GET' || method === 'HEAD'

/** Browsers send Sec-Fetch-Site or Origin with every write. Without both, the client is not a browser. */
function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  const origin = headers.get('origin')
  return origin === null || origin === new URL(url).origin
}

const userAgentLengthMax = 300

/** The client's address as Cloudflare saw it, and its user agent, for the audit trail. */
function originOf({ headers }: Request): Origin {
  return {
    ip: headers.get('cf-connecting-ip') ?? '',
    userAgent: (headers.get('user-agent') ?? '').slice(0, userAgentLengthMax),
  }
}
