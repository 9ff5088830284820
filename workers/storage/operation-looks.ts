// Last looks at operations in D1. The admin API reads and stores them without the single writer: they are no
// part of the configuration, and make no revision.
import { eq, sql } from 'drizzle-orm'
import type { OperationLook } from '../../core/model/operation.ts'
import type { Database } from './database.ts'
import { operationLooks } from './schema.ts'
import { chunksOf } from './write-statements.ts'

export interface LookAt {
  readonly operationId: string
  readonly look: OperationLook
}

/**
 * Of operations that exist, and only what is newer. Returns how many were written. Of two runners at once,
 * the later look stays.
 */
export async function storeLooks(
  database: Database,
  environmentId: string,
  looks: readonly LookAt[],
): Promise<number> {
  let stored = 0
  for (const chunk of chunksOf(looks, (each) => JSON.stringify(each).length)) {
    const rows = sql`
      select ${environmentId}, e.id, json_extract(j.value, '$.look.at'), json_extract(j.value, '$.look')
      from json_each(${JSON.stringify(chunk)}) j
      join entities e on e.environment_id = ${environmentId} and e.kind = 'operation'
        and e.id = json_extract(j.value, '$.operationId')
      where true` // without it, SQLite would parse ON CONFLICT as the ON of a join
    const written = await database
      .insert(operationLooks)
      .select(rows)
      .onConflictDoUpdate({
        target: [operationLooks.environmentId, operationLooks.operationId],
        set: { lookedAt: sql`excluded.looked_at`, look: sql`excluded.look` },
        setWhere: sql`excluded.looked_at > ${operationLooks.lookedAt}`,
      })
      .returning({ operationId: operationLooks.operationId })
    stored += written.length
  }
  return stored
}

/** By operation, in one environment. */
export async function readLooks(
  database: Database,
  environmentId: string,
): Promise<ReadonlyMap<string, OperationLook>> {
  const rows = await database
    .select({ operationId: operationLooks.operationId, look: operationLooks.look })
    .from(operationLooks)
    .where(eq(operationLooks.environmentId, environmentId))
  return new Map(rows.map(({ operationId, look }) => [operationId, look]))
}
