// Reads the past: the changes of one entity, and the values of an environment at a revision.
import { and, asc, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import type { EntityKind, Write } from '../../core/model/environment-state.ts'
import type { Database } from './database.ts'
import * as tables from './schema.ts'

interface EntityName {
  readonly kind: EntityKind
  readonly id: string
}

const matches = (environmentId: string, { kind, id }: EntityName) =>
  and(
    eq(tables.changes.environmentId, environmentId),
    eq(tables.changes.kind, kind),
    eq(tables.changes.id, id),
  )

/** Newest first, below the revision `before`. */
export async function listEntityChanges(
  database: Database,
  { environmentId, ...entity }: EntityName & { readonly environmentId: string },
  before: number,
  limit: number,
) {
  const { changes, revisions } = tables
  const found = await database
    .select({ number: changes.number, before: changes.before, after: changes.after })
    .from(changes)
    .where(and(matches(environmentId, entity), lt(changes.number, before)))
    .orderBy(desc(changes.number))
    .limit(limit)
  const { number, createdAt, actor, comment, command } = revisions
  const entries =
    found.length === 0
      ? []
      : await database
          .select({
            number,
            createdAt,
            actor,
            comment,
            command: sql<string>`coalesce(json_extract(${command}, '$.kind'), '')`,
          })
          .from(revisions)
          .where(
            and(
              eq(revisions.environmentId, environmentId),
              inArray(
                number,
                found.map((row) => row.number),
              ),
            ),
          )
  const byNumber = new Map(entries.map((entry) => [entry.number, entry]))
  return found.flatMap((row) => {
    const entry = byNumber.get(row.number)
    return entry ? [{ ...entry, before: row.before, after: row.after }] : []
  })
}

/**
 * The values at a revision of all entities (of some kinds) that have changed since: what the first change
 * after the revision replaced.
 */
export async function valuesAt(
  database: Database,
  environmentId: string,
  revision: number,
  kinds?: readonly EntityKind[],
): Promise<Write[]> {
  const { changes } = tables
  const rows = await database
    .select({
      kind: changes.kind,
      id: changes.id,
      value: changes.before,
      number: sql`min(${changes.number})`,
    })
    .from(changes)
    .where(
      and(
        eq(changes.environmentId, environmentId),
        gt(changes.number, revision),
        kinds && inArray(changes.kind, [...kinds]),
      ),
    )
    // SQLite takes the other columns from the row with the minimum
    .groupBy(changes.kind, changes.id)
  return rows.map(({ kind, id, value }) => ({ kind, id, value }) as Write)
}

/** `valuesAt` for one entity; empty if it has not changed since. */
export async function valueAt(
  database: Database,
  environmentId: string,
  revision: number,
  entity: EntityName,
): Promise<Write[]> {
  const { changes } = tables
  const rows = await database
    .select({ kind: changes.kind, id: changes.id, value: changes.before })
    .from(changes)
    .where(and(matches(environmentId, entity), gt(changes.number, revision)))
    .orderBy(asc(changes.number))
    .limit(1)
  return rows as Write[]
}

/** Last-Modified of the bucketing file at a revision; undefined if there is no such revision. */
export async function modifiedAtOf(
  database: Database,
  environmentId: string,
  revision: number,
): Promise<number | undefined> {
  const { revisions } = tables
  const [row] = await database
    .select({ modifiedAt: revisions.modifiedAt })
    .from(revisions)
    .where(and(eq(revisions.environmentId, environmentId), eq(revisions.number, revision)))
  return row?.modifiedAt
}
