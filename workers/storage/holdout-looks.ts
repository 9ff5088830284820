// Last looks at holdouts in D1. The admin API reads and stores them without the single writer: they are no
// part of the configuration, and make no revision.
import { eq, sql } from 'drizzle-orm'
import type { HoldoutLook } from '../../core/model/holdout-look.ts'
import type { Database } from './database.ts'
import { holdoutLooks } from './schema.ts'
import { chunksOf } from './write-statements.ts'

export interface HoldoutLookAt {
  readonly holdoutId: string
  readonly look: HoldoutLook
}

/** Of holdouts that exist, and only what is newer. Returns how many were written. */
export async function storeHoldoutLooks(
  database: Database,
  environmentId: string,
  looks: readonly HoldoutLookAt[],
): Promise<number> {
  let stored = 0
  for (const chunk of chunksOf(looks, (each) => JSON.stringify(each).length)) {
    const rows = sql`
      select ${environmentId}, e.id, json_extract(j.value, '$.look.at'), json_extract(j.value, '$.look')
      from json_each(${JSON.stringify(chunk)}) j
      join entities e on e.environment_id = ${environmentId} and e.kind = 'holdout'
        and e.id = json_extract(j.value, '$.holdoutId')
      where true` // without it, SQLite would parse ON CONFLICT as the ON of a join
    const written = await database
      .insert(holdoutLooks)
      .select(rows)
      .onConflictDoUpdate({
        target: [holdoutLooks.environmentId, holdoutLooks.holdoutId],
        set: { lookedAt: sql`excluded.looked_at`, look: sql`excluded.look` },
        setWhere: sql`excluded.looked_at > ${holdoutLooks.lookedAt}`,
      })
      .returning({ holdoutId: holdoutLooks.holdoutId })
    stored += written.length
  }
  return stored
}

/** By holdout, in one environment. */
export async function readHoldoutLooks(
  database: Database,
  environmentId: string,
): Promise<ReadonlyMap<string, HoldoutLook>> {
  const rows = await database
    .select({ holdoutId: holdoutLooks.holdoutId, look: holdoutLooks.look })
    .from(holdoutLooks)
    .where(eq(holdoutLooks.environmentId, environmentId))
  return new Map(rows.map(({ holdoutId, look }) => [holdoutId, look]))
}
