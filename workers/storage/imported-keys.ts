// Which environment owns a key that another system gave out, and which organisation may import it. The rows
// of owners change in the batch of the revision, so ownership and configuration never differ.
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Write } from '../../core/model/environment-state.ts'
import { foreignHashesOf } from '../../core/model/sdk-key.ts'
import type { Database } from './database.ts'
import { firstOrganisation, keyApprovals, projects } from './organisation-schema.ts'
import { environments, importedKeys } from './schema.ts'

/** A list of hashes as a subquery: one parameter, however many they are. */
const each = (hashes: readonly string[]) => sql`(select value from json_each(${JSON.stringify(hashes)}))`

/** What a revision does to the ownership of imported keys: their hashes. */
export interface KeyClaims {
  readonly claimed: readonly string[]
  readonly released: readonly string[]
}

export function keyClaims(before: readonly Write[], after: readonly Write[]): KeyClaims {
  const hashesIn = (writes: readonly Write[]) =>
    new Set(writes.flatMap(({ kind, value }) => (kind === 'sdkKey' && value ? foreignHashesOf(value) : [])))
  const [were, are] = [hashesIn(before), hashesIn(after)]
  return {
    claimed: [...are].filter((hash) => !were.has(hash)),
    released: [...were].filter((hash) => !are.has(hash)),
  }
}

/** Fails at the primary key if another environment owns a claimed key. */
export function claimStatements(
  database: Database,
  environmentId: string,
  { claimed, released }: KeyClaims,
): BatchItem<'sqlite'>[] {
  const isOwn = eq(importedKeys.environmentId, environmentId)
  return [
    ...(released.length > 0
      ? [database.delete(importedKeys).where(and(isOwn, inArray(importedKeys.sha256, each(released))))]
      : []),
    ...(claimed.length > 0
      ? [database.insert(importedKeys).select(sql`select value, ${environmentId} from ${each(claimed)}`)]
      : []),
  ]
}

/** Selects the hashes that an environment owns. */
export const selectOwnedKeys = (database: Database, environmentId: string) =>
  database
    .select({ sha256: importedKeys.sha256 })
    .from(importedKeys)
    .where(eq(importedKeys.environmentId, environmentId))

interface KeyOwner {
  readonly environmentId: string
  readonly organisationId: string
}

/** The owners of those keys that have one, by hash. */
export async function ownersOfKeys(
  database: Database,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, KeyOwner>> {
  if (hashes.length === 0) return new Map()
  const rows = await database
    .select({
      sha256: importedKeys.sha256,
      environmentId: importedKeys.environmentId,
      organisationId: projects.organisationId,
    })
    .from(importedKeys)
    .innerJoin(environments, eq(environments.id, importedKeys.environmentId))
    .innerJoin(projects, eq(projects.id, environments.projectId))
    .where(inArray(importedKeys.sha256, each(hashes)))
  return new Map(rows.map(({ sha256, ...owner }) => [sha256, owner]))
}

/** The approvals by hash, starting after `after`. */
export const listApprovals = (database: Database, after: string, limit: number) =>
  database
    .select()
    .from(keyApprovals)
    .where(gt(keyApprovals.id, after))
    .orderBy(asc(keyApprovals.id))
    .limit(limit)

/**
 * Why an environment may not own these keys: a sentence by hash. An organisation without an approval learns
 * nothing about the key.
 */
export async function claimRefusals(
  database: Database,
  environmentId: string,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (hashes.length === 0) return new Map()
  const [owners, organisationId, approved] = await Promise.all([
    ownersOfKeys(database, hashes),
    organisationOf(database, environmentId),
    approvedOrganisations(database, hashes),
  ])
  return new Map(
    hashes.flatMap((hash) => {
      const claim = {
        environmentId,
        organisationId,
        approvedFor: approved.get(hash),
        owner: owners.get(hash),
      }
      const reason = refusalOf(claim)
      return reason === undefined ? [] : [[hash, reason] as const]
    }),
  )
}

interface Claim {
  readonly environmentId: string
  readonly organisationId: string | undefined
  /** The organisation that an owner of the first organisation named for the key. */
  readonly approvedFor: string | undefined
  readonly owner: KeyOwner | undefined
}

function refusalOf({ environmentId, organisationId, approvedFor, owner }: Claim): string | undefined {
  const isApproved = organisationId === (approvedFor ?? firstOrganisation)
  if (owner?.environmentId === environmentId) return undefined
  if (!isApproved && organisationId !== firstOrganisation)
    return `needs an approval for this organisation, by an owner of organisation ${firstOrganisation}`
  if (owner && owner.organisationId === organisationId)
    return `belongs to environment ${owner.environmentId}: delete it there first`
  if (owner) return 'belongs to an environment of another organisation, which has to delete it first'
  return isApproved ? undefined : `is approved for organisation ${approvedFor}`
}

async function organisationOf(database: Database, environmentId: string): Promise<string | undefined> {
  const [row] = await database
    .select({ organisationId: projects.organisationId })
    .from(environments)
    .innerJoin(projects, eq(projects.id, environments.projectId))
    .where(eq(environments.id, environmentId))
  return row?.organisationId
}

async function approvedOrganisations(
  database: Database,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database
    .select({ id: keyApprovals.id, organisationId: keyApprovals.organisationId })
    .from(keyApprovals)
    .where(inArray(keyApprovals.id, each(hashes)))
  return new Map(rows.map(({ id, organisationId }) => [id, organisationId]))
}
