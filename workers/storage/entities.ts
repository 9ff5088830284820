// Lists entities, filtered, sorted and paged, and reads single ones. Every list walks an index from where the
// previous page ended; none reads all rows (entities.workerd.test.ts checks the query plans).
import { and, eq, exists, gte, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import type { Entities, EntityKind } from '../../core/model/environment-state.ts'
import type { Database } from './database.ts'
import { entities, entityTags } from './schema.ts'

export const sorts = ['id', 'name', 'createdAt', 'updatedAt'] as const
export type Sort = (typeof sorts)[number]

export interface EntityList<K extends EntityKind> {
  readonly environmentId: string
  readonly kind: K
  /** Text in the id, name or description. With fewer than three characters: the beginning of the id. */
  readonly q?: string | undefined
  readonly tag?: string | undefined
  readonly maintainer?: string | undefined
  readonly type?: string | undefined
  readonly status?: string | undefined
  readonly flagKey?: string | undefined
  readonly enabled?: boolean | undefined
  readonly archived?: boolean | undefined
  /** For flags: whether an experiment or operation refers to them. */
  readonly hasExperiment?: boolean | undefined
  readonly hasOperations?: boolean | undefined
  readonly sort: Sort
  readonly order: 'asc' | 'desc'
  /** Sort key and id of the last entity of the previous page. */
  readonly after?: readonly [string | number, string] | undefined
  readonly limit: number
}

/** The shortest text that the trigram index can find. */
const trigramLength = 3

export async function listEntities<K extends EntityKind>(
  database: Database,
  list: EntityList<K>,
): Promise<Entities[K][]> {
  const rows = await entityQuery(database, list)
  return rows.map(({ value }) => value as Entities[K])
}

/** Separate, so that a test can check the query plan. */
export function entityQuery(database: Database, list: EntityList<EntityKind>) {
  const { environmentId, kind, sort, order, after, limit } = list
  const column = entities[sort]
  const direction = sql.raw(order)
  return database
    .select({ value: entities.value })
    .from(entities)
    .where(
      and(
        eq(entities.environmentId, environmentId),
        eq(entities.kind, kind),
        ...filters(database, list),
        after &&
          sql`(${column}, ${entities.id}) ${sql.raw(order === 'asc' ? '>' : '<')} (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(sql`${column} ${direction}`, ...(sort === 'id' ? [] : [sql`${entities.id} ${direction}`]))
    .limit(limit)
}

function filters(database: Database, list: EntityList<EntityKind>): (SQL | undefined)[] {
  const { environmentId, q, tag, maintainer, type, status, flagKey, enabled, archived } = list
  return [
    q === undefined || q === '' ? undefined : matchesText(q),
    tag === undefined ? undefined : hasTag(database, environmentId, tag),
    maintainer === undefined ? undefined : eq(entities.maintainer, maintainer),
    type === undefined ? undefined : eq(entities.type, type),
    status === undefined ? undefined : eq(entities.status, status),
    flagKey === undefined ? undefined : eq(entities.flagKey, flagKey),
    enabled === undefined ? undefined : eq(entities.enabled, Number(enabled)),
    archived === undefined
      ? undefined
      : archived
        ? eq(entities.archived, 1)
        : or(eq(entities.archived, 0), isNull(entities.archived)),
    isReferredTo(database, 'experiment', list.hasExperiment),
    isReferredTo(database, 'operation', list.hasOperations),
  ]
}

function matchesText(q: string): SQL | undefined {
  if (Array.from(q).length < trigramLength) return and(gte(entities.id, q), lt(entities.id, `${q}\u{10ffff}`))
  const phrase = `"${q.replaceAll('"', '""')}"`
  return sql`${entities.row} in (select rowid from entity_words where words match ${phrase})`
}

const hasTag = (database: Database, environmentId: string, tag: string) =>
  inArray(
    entities.id,
    database
      .select({ id: entityTags.flagKey })
      .from(entityTags)
      .where(and(eq(entityTags.environmentId, environmentId), eq(entityTags.tag, tag))),
  )

function isReferredTo(database: Database, kind: EntityKind, wanted: boolean | undefined): SQL | undefined {
  if (wanted === undefined) return undefined
  const other = alias(entities, kind)
  const reference = database
    .select({ id: other.id })
    .from(other)
    .where(
      and(
        eq(other.environmentId, entities.environmentId),
        eq(other.kind, kind),
        eq(other.flagKey, entities.id),
      ),
    )
  return wanted ? exists(reference) : sql`not ${exists(reference)}`
}

export async function readEntity<K extends EntityKind>(
  database: Database,
  environmentId: string,
  kind: K,
  id: string,
): Promise<Entities[K] | undefined> {
  const [row] = await database
    .select({ value: entities.value })
    .from(entities)
    .where(and(eq(entities.environmentId, environmentId), eq(entities.kind, kind), eq(entities.id, id)))
  return row?.value as Entities[K] | undefined
}

/** The trigger with this hash of its token. */
export async function findTrigger(
  database: Database,
  environmentId: string,
  sha256: string,
): Promise<Entities['trigger'] | undefined> {
  const [row] = await database
    .select({ value: entities.value })
    .from(entities)
    .where(
      and(
        eq(entities.sha256, sha256),
        eq(entities.environmentId, environmentId),
        eq(entities.kind, 'trigger'),
      ),
    )
  return row?.value as Entities['trigger'] | undefined
}
