// Entities as lists show them: found, filtered, in order, one page at a time. Every list walks an index from
// where the page before ended; none reads all rows (entities.workerd.test.ts asks the planner).
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
  /**
   * Looked for inside id, name and description; of fewer than three characters, at the beginning of the id.
   */
  readonly q?: string | undefined
  readonly tag?: string | undefined
  readonly maintainer?: string | undefined
  readonly type?: string | undefined
  readonly status?: string | undefined
  readonly flagKey?: string | undefined
  readonly enabled?: boolean | undefined
  readonly archived?: boolean | undefined
  /** Flags: whether an entity of another kind is about them. */
  readonly hasExperiment?: boolean | undefined
  readonly hasOperations?: boolean | undefined
  readonly sort: Sort
  readonly order: 'asc' | 'desc'
  /** Sort key and id of the last one of the page before. */
  readonly after?: readonly [string | number, string] | undefined
  readonly limit: number
}

/** The index of trigrams knows nothing shorter. */
const trigram = 3

export async function listEntities<K extends EntityKind>(
  database: Database,
  list: EntityList<K>,
): Promise<Entities[K][]> {
  const rows = await entityQuery(database, list)
  return rows.map(({ value }) => value as Entities[K])
}

/** Apart, so that its plan can be asked for. */
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
    q === undefined || q === '' ? undefined : found(q),
    tag === undefined ? undefined : tagged(database, environmentId, tag),
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
    about(database, 'experiment', list.hasExperiment),
    about(database, 'operation', list.hasOperations),
  ]
}

function found(q: string): SQL | undefined {
  if (Array.from(q).length < trigram) return and(gte(entities.id, q), lt(entities.id, `${q}\u{10ffff}`))
  const phrase = `"${q.replaceAll('"', '""')}"`
  return sql`${entities.row} in (select rowid from entity_words where words match ${phrase})`
}

const tagged = (database: Database, environmentId: string, tag: string) =>
  inArray(
    entities.id,
    database
      .select({ id: entityTags.flagKey })
      .from(entityTags)
      .where(and(eq(entityTags.environmentId, environmentId), eq(entityTags.tag, tag))),
  )

function about(database: Database, kind: EntityKind, wanted: boolean | undefined): SQL | undefined {
  if (wanted === undefined) return undefined
  const other = alias(entities, kind)
  const one = database
    .select({ id: other.id })
    .from(other)
    .where(
      and(
        eq(other.environmentId, entities.environmentId),
        eq(other.kind, kind),
        eq(other.flagKey, entities.id),
      ),
    )
  return wanted ? exists(one) : sql`not ${exists(one)}`
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

/** The trigger that a secret belongs to. */
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
