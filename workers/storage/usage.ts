// When flags were last exposed: written by ingest, read by the admin API.
import { and, desc, eq, sql } from 'drizzle-orm'
import type { LastExposure } from '../../analytics/usage.ts'
import { chunksOf } from './write-statements.ts'
import type { Database } from './database.ts'
import { flagUsage } from './schema.ts'

/** Idempotent. An older time does not replace a newer one. */
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
        set: { lastSeenAt: sql`max(${flagUsage.lastSeenAt}, excluded.last_seen_at)` },
      })
  }
}

/** Newest first. */
export async function readUsage(database: Database, environmentId: string, flagKey: string) {
  const { variationId, lastSeenAt } = flagUsage
  return database
    .select({ variationId, lastSeenAt })
    .from(flagUsage)
    .where(and(eq(flagUsage.environmentId, environmentId), eq(flagUsage.flagKey, flagKey)))
    .orderBy(desc(lastSeenAt), variationId)
}
