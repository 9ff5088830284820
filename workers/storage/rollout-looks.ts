// Last looks at progressive rollouts in D1. The admin API reads and stores them without the single writer:
// they are no part of the configuration, and make no revision.
import { eq, sql } from 'drizzle-orm'
import type { RolloutLook } from '../../core/model/progressive-rollout.ts'
import type { Database } from './database.ts'
import { rolloutLooks } from './schema.ts'
import { chunksOf } from './write-statements.ts'

export interface RolloutLookAt {
  readonly rolloutId: string
  readonly look: RolloutLook
}

/** Of rollouts that exist, and only what is newer. Returns how many were written. */
export async function storeRolloutLooks(
  database: Database,
  environmentId: string,
  looks: readonly RolloutLookAt[],
): Promise<number> {
  let stored = 0
  for (const chunk of chunksOf(looks, (each) => JSON.stringify(each).length)) {
    const rows = sql`
      select ${environmentId}, e.id, json_extract(j.value, '$.look.at'), json_extract(j.value, '$.look')
      from json_each(${JSON.stringify(chunk)}) j
      join entities e on e.environment_id = ${environmentId} and e.kind = 'progressiveRollout'
        and e.id = json_extract(j.value, '$.rolloutId')
      where true` // without it, SQLite would parse ON CONFLICT as the ON of a join
    const written = await database
      .insert(rolloutLooks)
      .select(rows)
      .onConflictDoUpdate({
        target: [rolloutLooks.environmentId, rolloutLooks.rolloutId],
        set: { lookedAt: sql`excluded.looked_at`, look: sql`excluded.look` },
        setWhere: sql`excluded.looked_at > ${rolloutLooks.lookedAt}`,
      })
      .returning({ rolloutId: rolloutLooks.rolloutId })
    stored += written.length
  }
  return stored
}

/** By rollout, in one environment. */
export async function readRolloutLooks(
  database: Database,
  environmentId: string,
): Promise<ReadonlyMap<string, RolloutLook>> {
  const rows = await database
    .select({ rolloutId: rolloutLooks.rolloutId, look: rolloutLooks.look })
    .from(rolloutLooks)
    .where(eq(rolloutLooks.environmentId, environmentId))
  return new Map(rows.map(({ rolloutId, look }) => [rolloutId, look]))
}
