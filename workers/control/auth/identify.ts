// Who calls: by an API token, or as a member through Cloudflare Access. Tokens are stored as SHA-256 only;
// the first one is written into D1 by whoever owns the database (`npm start` locally, `npm run token` on
// Cloudflare).
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { Actor, Origin } from '../../contracts/environment-contract.ts'
import { sha256Hex } from '../../http/digest.ts'
import type { Database } from '../../storage/database.ts'
import {
  type MemberRow,
  type Place,
  type PlaceName,
  findMembers,
  findPlace,
  findToken,
  touchToken,
} from '../../storage/identity.ts'
import { type Caller, type Membership, type Needs, may, membershipOfToken } from './access.ts'
import { type AccessSettings, accessTokenOf, verifyAccessToken } from './access-jwt.ts'

interface Arrival {
  readonly request: Request
  readonly database: Database
  readonly access: AccessSettings | undefined
  readonly now: number
  /** For what need not be waited for. */
  readonly later: (work: Promise<unknown>) => void
}

export interface Admitted {
  readonly caller: Caller
  /** Where the path leads; undefined where it names no place. */
  readonly place: Place | undefined
}

interface Identity {
  readonly actor: Actor
  readonly memberships: readonly Membership[]
  readonly place: Place | undefined
}

/** Lets in whoever may call a route that needs this, at this place. */
export async function admit(arrival: Arrival, needs: Needs, name: PlaceName): Promise<Result<Admitted>> {
  const identity = needs === 'anyone' ? ok(await nobody(arrival, name)) : await identify(arrival, name)
  if (!identity.ok) return identity
  const { actor, memberships, place } = identity.value
  const named = name.environment ?? name.project ?? name.organisation
  if (named !== undefined && place === undefined)
    return refuse('NOT_FOUND', `there is no ${kindOf(name)} ${named}`)
  if (!may({ memberships }, needs, place)) {
    const where = named === undefined ? '' : ` in ${kindOf(name)} ${named}`
    return refuse('FORBIDDEN', `this needs the role ${needs}${where}`)
  }
  return ok({ caller: { actor, memberships, origin: originOf(arrival.request) }, place })
}

const kindOf = ({ environment, project }: PlaceName) =>
  environment !== undefined ? 'environment' : project !== undefined ? 'project' : 'organisation'

const nobody = async ({ database }: Arrival, name: PlaceName): Promise<Identity> => ({
  actor: { kind: 'job', id: 'anyone', name: 'anyone' },
  memberships: [],
  place: await findPlace(database, name),
})

/** A token that is shown counts, also where Access would know a member. */
async function identify(arrival: Arrival, name: PlaceName): Promise<Result<Identity>> {
  const { request, access } = arrival
  const authorization = request.headers.get('authorization')
  if (authorization !== null) return identifyToken(arrival, authorization, name)
  const assertion = access && accessTokenOf(request)
  if (access && assertion !== undefined) return identifyMember(arrival, access, assertion, name)
  return refuse('UNAUTHENTICATED', 'send an API token: Authorization: Bearer <token>')
}

async function identifyToken(
  arrival: Arrival,
  authorization: string,
  name: PlaceName,
): Promise<Result<Identity>> {
  const { database, now, later } = arrival
  const text = /^Bearer (\S+)$/i.exec(authorization)?.[1]
  if (text === undefined) return refuse('UNAUTHENTICATED', 'send an API token: Authorization: Bearer <token>')
  const { token, place } = await findToken(database, await sha256Hex(text), name)
  if (!token) return refuse('UNAUTHENTICATED', 'this token is not known')
  if (token.disabled) return refuse('UNAUTHENTICATED', 'this token is disabled')
  if (token.expiresAt !== null && token.expiresAt <= now)
    return refuse('UNAUTHENTICATED', 'this token has expired')
  later(touchToken(database, token, now))
  const actor = { kind: 'token', id: token.id, name: token.name } as const
  return ok({ actor, memberships: [membershipOfToken(token)], place })
}

async function identifyMember(
  { request, database }: Arrival,
  access: AccessSettings,
  assertion: string,
  name: PlaceName,
): Promise<Result<Identity>> {
  // Browsers send what Access knows them by with every request, also with one that another site makes them
  // send.
  if (!isSafe(request) && !isOfThisSite(request))
    return refuse('FORBIDDEN', 'a change may not be asked for by another site')
  const verified = await verifyAccessToken(access, assertion)
  if (!verified.ok) return verified
  const { members, place } = await findMembers(database, verified.value, name)
  const member = members.find(({ organisationId }) => organisationId === place?.organisationId) ?? members[0]
  if (!member) return refuse('FORBIDDEN', `${verified.value} is not a member here`)
  return ok({ actor: actorOf(member), memberships: members, place })
}

const actorOf = ({ id, name, email }: MemberRow): Actor => ({ kind: 'member', id, name: name || email })

const isSafe = ({ method }: Request) => method === 'GET' || method === 'HEAD'

/**
 * Every browser says one of the two with a write; what says neither is no browser, and sends nothing unasked.
 */
function isOfThisSite({ headers, url }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  const origin = headers.get('origin')
  return origin === null || origin === new URL(url).origin
}

const userAgentLengthMax = 300

/** Where a request comes from, as Cloudflare and the client say. */
function originOf({ headers }: Request): Origin {
  return {
    ip: headers.get('cf-connecting-ip') ?? '',
    userAgent: (headers.get('user-agent') ?? '').slice(0, userAgentLengthMax),
  }
}
