// The rows of a list of all flags of an environment, read at once: SQLite takes out of each flag what a row
// shows, so that 10,000 flags are one request of some megabytes and not their whole targeting.
import { and, asc, eq, inArray, max, sql } from 'drizzle-orm'
import type { Strategy } from '../../core/model/flag.ts'
import type { Entities } from '../../core/model/environment-state.ts'
import type { Database } from './database.ts'
import { entities, flagUsage } from './schema.ts'

const relatedKinds = ['experiment', 'operation', 'schedule', 'progressiveRollout'] as const
type RelatedKind = (typeof relatedKinds)[number]
/** What refers to a flag, of one of these kinds. */
export type Related = {
  readonly [K in RelatedKind]: { readonly kind: K; readonly value: Entities[K] }
}[RelatedKind]

const text = (path: string) => sql<string>`json_extract(${entities.value}, ${sql.raw(`'$.${path}'`)})`
const json = <T>(path: string) => sql`${entities.value} -> ${sql.raw(`'$.${path}'`)}`.mapWith(parsed<T>)
const parsed = <T>(value: string): T => JSON.parse(value) as T

// `entities.value` in full: json_each has a column of that name as well
const variations = sql`(
  select json_group_array(json_object('id', each.value ->> 'id', 'name', each.value ->> 'name'))
  from json_each(entities.value, '$.variations') as each)`.mapWith(
  parsed<{ readonly id: string; readonly name: string }[]>,
)

/** By key. */
export function listFlagRows(database: Database, environmentId: string) {
  return database
    .select({
      key: entities.id,
      name: sql<string>`coalesce(${entities.name}, '')`,
      type: sql<Entities['flag']['type']>`${entities.type}`,
      tags: json<string[]>('tags'),
      maintainer: sql<string>`coalesce(${entities.maintainer}, '')`,
      enabled: sql`${entities.enabled}`.mapWith(Boolean),
      archived: sql`coalesce(${entities.archived}, 0)`.mapWith(Boolean),
      version: sql<number>`${text('version')}`,
      createdAt: sql<number>`${entities.createdAt}`,
      updatedAt: sql<number>`${entities.updatedAt}`,
      variations,
      offVariationId: sql<string | null>`${text('offVariationId')}`,
      serves: json<Strategy>('defaultStrategy.strategy'),
      rules: sql<number>`json_array_length(${entities.value}, '$.rules')`,
    })
    .from(entities)
    .where(and(eq(entities.environmentId, environmentId), eq(entities.kind, 'flag')))
    .orderBy(asc(entities.id))
}

/** The newest exposure of each flag that had one, in epoch milliseconds, by key. */
export async function readLastExposures(
  database: Database,
  environmentId: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await database
    .select({ flagKey: flagUsage.flagKey, lastSeenAt: max(flagUsage.lastSeenAt) })
    .from(flagUsage)
    .where(eq(flagUsage.environmentId, environmentId))
    .groupBy(flagUsage.flagKey)
  return new Map(rows.map(({ flagKey, lastSeenAt }) => [flagKey, lastSeenAt ?? 0]))
}

/** What may refer to a flag, over or not. */
export async function listRelated(database: Database, environmentId: string): Promise<Related[]> {
  const rows = await database
    .select({ kind: entities.kind, value: entities.value })
    .from(entities)
    .where(and(eq(entities.environmentId, environmentId), inArray(entities.kind, [...relatedKinds])))
  return rows as Related[]
}
