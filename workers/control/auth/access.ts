// What a caller may, as a pure question. Who they are: identify.ts.
import type { Actor, Origin } from '../../contracts/environment-contract.ts'
import type { Place } from '../../storage/identity.ts'
import type {
  EnvironmentRole,
  Grants,
  OrganisationRole,
  TokenRole,
} from '../../storage/organisation-schema.ts'

/**
 * What a route asks of its caller: a role in the path's environment (viewer, editor) or in its organisation
 * (member, admin, owner; where the path names none, in any). An owner may all that an admin may, an admin all
 * in every environment; a member what it was given.
 */
export type Needs = 'anyone' | EnvironmentRole | OrganisationRole

/** A person's or a token's part in one organisation. */
export interface Membership {
  readonly organisationId: string
  readonly role: OrganisationRole
  readonly environments: Grants
}

export interface Caller {
  readonly actor: Actor
  readonly origin: Origin
  readonly memberships: readonly Membership[]
}

export function may({ memberships }: Pick<Caller, 'memberships'>, needs: Needs, place?: Place): boolean {
  if (needs === 'anyone') return true
  return memberships.some(
    (membership) =>
      (place === undefined || membership.organisationId === place.organisationId) &&
      suffices(membership, needs, place?.environmentId),
  )
}

const rank: Record<OrganisationRole, number> = { member: 1, admin: 2, owner: 3 }

function suffices(
  { role, environments }: Membership,
  needs: Exclude<Needs, 'anyone'>,
  environmentId?: string,
) {
  if (needs !== 'viewer' && needs !== 'editor') return rank[role] >= rank[needs]
  if (role !== 'member') return true
  const given = [environmentId ?? '*', '*'].filter((id) => Object.hasOwn(environments, id))
  return given.some((id) => environments[id] === needs || environments[id] === 'editor')
}

/** Nobody makes, changes or unmakes somebody above themselves. */
export function mayGrant(
  caller: Caller,
  role: OrganisationRole | TokenRole,
  organisationId: string,
): boolean {
  return may(caller, role === 'owner' ? 'owner' : 'admin', { organisationId, archived: false })
}

/** A token's part: its role in the organisation, or in the environments that it names. */
export function membershipOfToken(token: {
  readonly organisationId: string
  readonly role: TokenRole
  readonly environments: readonly string[] | null
}): Membership {
  const { organisationId, role, environments } = token
  if (role === 'owner' || role === 'admin') return { organisationId, role, environments: {} }
  const grants = (environments ?? ['*']).map((id) => [id, role] as const)
  return { organisationId, role: 'member', environments: Object.fromEntries(grants) }
}
