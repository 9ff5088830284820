// Who may do what: pure checks of a caller's roles. identify.ts says who the caller is.
import type { Actor, Origin } from '../../contracts/environment-contract.ts'
import type { Scope } from '../../storage/identity.ts'
import {
  type EnvironmentRole,
  type Grants,
  type OrganisationRole,
  type TokenRole,
  firstOrganisation,
} from '../../storage/organisation-schema.ts'

/**
 * The role that a route requires. `viewer` and `editor` are roles in the environment that the path names;
 * `member`, `admin` and `owner` are roles in its organisation, or in any organisation where the path names
 * none. Owners have every admin right. Admins have every right in every environment. Members have only what
 * they were granted. `deployment-owner` is an owner of the first organisation, who decides what concerns all
 * organisations.
 */
export type RequiredRole = 'anyone' | EnvironmentRole | OrganisationRole | 'deployment-owner'

/**
 * The role of a person or a token in one organisation, and its grants by environment id (`*`: all of them).
 */
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

export function hasRole(
  { memberships }: Pick<Caller, 'memberships'>,
  role: RequiredRole,
  scope?: Scope,
): boolean {
  if (role === 'anyone') return true
  if (role === 'deployment-owner')
    return memberships.some((each) => each.role === 'owner' && each.organisationId === firstOrganisation)
  return memberships.some(
    (membership) =>
      (scope === undefined || membership.organisationId === scope.organisationId) &&
      includesRole(membership, role, scope?.environmentId),
  )
}

const rank: Record<OrganisationRole, number> = { member: 1, admin: 2, owner: 3 }

function includesRole(
  { role, environments }: Membership,
  required: EnvironmentRole | OrganisationRole,
  environmentId?: string,
): boolean {
  if (required !== 'viewer' && required !== 'editor') return rank[role] >= rank[required]
  if (role !== 'member') return true
  const granted = [environmentId ?? '*', '*'].filter((id) => Object.hasOwn(environments, id))
  return granted.some((id) => environments[id] === required || environments[id] === 'editor')
}

/**
 * Whether the caller may create, change or remove a member or token with this role: nobody above
 * themselves.
 */
export function canGrant(
  caller: Caller,
  role: OrganisationRole | TokenRole,
  organisationId: string,
): boolean {
  return hasRole(caller, role === 'owner' ? 'owner' : 'admin', { organisationId, archived: false })
}

/**
 * A token is an owner or admin of its organisation, or a member with one role in some or all environments.
 */
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
