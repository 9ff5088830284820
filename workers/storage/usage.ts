// When flags were last met: written by ingest, read by the admin API.
import { and, desc, eq, sql } from 'drizzle-orm'
import type { Seen } from '../../analytics/usage.ts'
import { chunksOf } from './write-statements.ts'
import type { Database } from './database.ts'
import { flagUsage } from './schema.ts'

/** Repeating it, or writing an older one, changes nothing. */
export async function writeUsage(database: Database, seen: readonly Seen[]): Promise<void> {
  const lengthOf = (each: Seen) => JSON.stringify(each).length
  for (const chunk of chunksOf(seen, lengthOf)) {
    const field = (name: keyof Seen) => sql.raw(`json_extract(value, '$.${name}')`)
    const rows = sql`select ${field('environmentId')}, ${field('flagKey')}, ${field('variationId')}, ${field('at')} from json_each(${JSON.stringify(chunk)}) where true` // or SQLite takes ON for a join's
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
