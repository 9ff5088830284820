// Which environment owns a key that another system gave out. The rows change in the batch of the revision, so
// ownership and configuration never differ.
import { and, eq, inArray, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Write } from '../../core/model/environment-state.ts'
import { foreignHashesOf } from '../../core/model/sdk-key.ts'
import type { Database } from './database.ts'
import { projects } from './organisation-schema.ts'
import { environments, importedKeys } from './schema.ts'

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
  const each = (hashes: readonly string[]) => sql`(select value from json_each(${JSON.stringify(hashes)}))`
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

export interface KeyOwner {
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
    .where(inArray(importedKeys.sha256, sql`(select value from json_each(${JSON.stringify(hashes)}))`))
  return new Map(rows.map(({ sha256, ...owner }) => [sha256, owner]))
}
