// When flags were last exposed: written by the live counters, read by the admin API.
import { and, desc, eq, sql } from 'drizzle-orm'
import { chunksOf } from './write-statements.ts'
import type { Database } from './database.ts'
import { flagUsage } from './schema.ts'

/** The time of the last exposure of a variation, which shows which flags are no longer used. */
export interface LastExposure {
  readonly environmentId: string
  readonly flagKey: string
  readonly variationId: string
  /** Epoch milliseconds by edge's clock, because clients' clocks may be wrong by years. */
  readonly at: number
}

/** How old a stored time may be while exposures go on: D1 is paid by the row written. */
export const usageResolutionMs = 60_000

/** Idempotent. A time that is older, or newer by less than the resolution, writes nothing. */
export async function writeUsage(database: Database, exposures: readonly LastExposure[]): Promise<void> {
  const lengthOf = (each: LastExposure) => JSON.stringify(each).length
  for (const chunk of chunksOf(exposures, lengthOf)) {
    const field = (name: keyof LastExposure) => sql.raw(`json_extract(value, '$.${name}')`)
    const names = ['environmentId', 'flagKey', 'variationId', 'at'] as const
    const fields = sql.join(names.map(field), sql`, `)
    // without `where`, SQLite would parse ON CONFLICT as the ON of a join
    const rows = sql`select ${fields} from json_each(${JSON.stringify(chunk)}) where true`
    await database
      .insert(flagUsage)
      .select(rows)
      .onConflictDoUpdate({
        target: [flagUsage.environmentId, flagUsage.flagKey, flagUsage.variationId],
        set: { lastSeenAt: sql`excluded.last_seen_at` },
        setWhere: sql`excluded.last_seen_at >= ${flagUsage.lastSeenAt} + ${usageResolutionMs}`,
      })
  }
}

export interface FlagLastSeen {
  readonly flagKey: string
  /** Epoch milliseconds. */
  readonly lastSeenAt: number
}

/** Every flag that was ever reported to have been met. */
export const lastSeenFlags = (database: Database, environmentId: string): Promise<FlagLastSeen[]> =>
  database
    .select({ flagKey: flagUsage.flagKey, lastSeenAt: sql<number>`max(${flagUsage.lastSeenAt})` })
    .from(flagUsage)
    .where(eq(flagUsage.environmentId, environmentId))
    .groupBy(flagUsage.flagKey)

/** Newest first. */
export async function readUsage(database: Database, environmentId: string, flagKey: string) {
  const { variationId, lastSeenAt } = flagUsage
  return database
    .select({ variationId, lastSeenAt })
    .from(flagUsage)
    .where(and(eq(flagUsage.environmentId, environmentId), eq(flagUsage.flagKey, flagKey)))
    .orderBy(desc(lastSeenAt), variationId)
}
