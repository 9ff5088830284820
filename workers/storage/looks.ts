// Last looks of the runner in D1: at operations, and at the steps of progressive rollouts. The admin API
// reads and stores them without the single writer: they are no part of the configuration, and make no
// revision.
import { eq, sql } from 'drizzle-orm'
import type { OperationLook } from '../../core/model/operation.ts'
import type { RolloutLook } from '../../core/model/progressive-rollout.ts'
import type { Database } from './database.ts'
import { operationLooks, rolloutLooks } from './schema.ts'
import { chunksOf } from './write-statements.ts'

interface Looks {
  readonly operation: OperationLook
  readonly progressiveRollout: RolloutLook
}
type Kind = keyof Looks

export interface LookAt<K extends Kind> {
  readonly id: string
  readonly look: Looks[K]
}

const tables = {
  operation: { table: operationLooks, id: operationLooks.operationId },
  progressiveRollout: { table: rolloutLooks, id: rolloutLooks.rolloutId },
} as const

/**
 * Of entities that exist, and only what is newer. Returns how many were written. Of two runners at once, the
 * later look stays.
 */
export async function storeLooks<K extends Kind>(
  database: Database,
  environmentId: string,
  kind: K,
  looks: readonly LookAt<K>[],
): Promise<number> {
  const { table, id } = tables[kind]
  let stored = 0
  for (const chunk of chunksOf(looks, (each) => JSON.stringify(each).length)) {
    const rows = sql`
      select ${environmentId}, e.id, json_extract(j.value, '$.look.at'), json_extract(j.value, '$.look')
      from json_each(${JSON.stringify(chunk)}) j
      join entities e on e.environment_id = ${environmentId} and e.kind = ${kind}
        and e.id = json_extract(j.value, '$.id')
      where true` // without it, SQLite would parse ON CONFLICT as the ON of a join
    const written = await database
      .insert(table)
      .select(rows)
      .onConflictDoUpdate({
        target: [table.environmentId, id],
        set: { lookedAt: sql`excluded.looked_at`, look: sql`excluded.look` },
        setWhere: sql`excluded.looked_at > ${table.lookedAt}`,
      })
      .returning({ id })
    stored += written.length
  }
  return stored
}

/** By the id of what was looked at, in one environment. */
export async function readLooks<K extends Kind>(
  database: Database,
  environmentId: string,
  kind: K,
): Promise<ReadonlyMap<string, Looks[K]>> {
  const { table, id } = tables[kind]
  const rows = await database
    .select({ id, look: table.look })
    .from(table)
    .where(eq(table.environmentId, environmentId))
  return new Map(rows.map((row) => [row.id, row.look as Looks[K]]))
}
