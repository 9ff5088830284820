// Last looks of the runner in D1: at operations, holdouts, dynamic allocations, and the steps of progressive
// rollouts. The admin API reads and stores them without the single writer: they are no part of the
// configuration, and make no revision.
import { and, eq, sql } from 'drizzle-orm'
import type { OperationLook } from '../../core/model/operation.ts'
import type { AllocationLook } from '../../core/model/allocation-look.ts'
import type { HoldoutLook } from '../../core/model/holdout-look.ts'
import type { RolloutLook } from '../../core/model/progressive-rollout.ts'
import type { Database } from './database.ts'
import { allocationLooks, holdoutLooks, operationLooks, rolloutLooks } from './schema.ts'
import { chunksOf, isAny } from './write-statements.ts'

interface Looks {
  readonly operation: OperationLook
  readonly progressiveRollout: RolloutLook
  readonly holdout: HoldoutLook
  readonly dynamicAllocation: AllocationLook
}
export type LookKind = keyof Looks

export interface LookAt<K extends LookKind> {
  readonly id: string
  readonly look: Looks[K]
}

const tables = {
  operation: { table: operationLooks, id: operationLooks.operationId },
  progressiveRollout: { table: rolloutLooks, id: rolloutLooks.rolloutId },
  holdout: { table: holdoutLooks, id: holdoutLooks.holdoutId },
  dynamicAllocation: { table: allocationLooks, id: allocationLooks.allocationId },
} as const

/**
 * Of entities that exist, and only what is newer. Returns how many were written. Of two runners at once, the
 * later look stays.
 */
export async function storeLooks<K extends LookKind>(
  database: Database,
  environmentId: string,
  kind: K,
  looks: readonly LookAt<K>[],
): Promise<number> {
  let stored = 0
  for (const chunk of chunksOf(looks, (each) => JSON.stringify(each).length))
    stored += (await storeQuery(database, environmentId, kind, chunk)).length
  return stored
}

/** Separate, so that a test can check the query plan. */
export function storeQuery<K extends LookKind>(
  database: Database,
  environmentId: string,
  kind: K,
  looks: readonly LookAt<K>[],
) {
  const { table, id } = tables[kind]
  // A cross join, because SQLite would else read all looks anew for each entity. `where true`: without it,
  // ON CONFLICT would be the ON of a join.
  const rows = sql`
    select ${environmentId}, e.id, json_extract(j.value, '$.look.at'), json_extract(j.value, '$.look')
    from json_each(${JSON.stringify(looks)}) j
    cross join entities e on e.environment_id = ${environmentId} and e.kind = ${kind}
      and e.id = json_extract(j.value, '$.id')
    where true`
  return database
    .insert(table)
    .select(rows)
    .onConflictDoUpdate({
      target: [table.environmentId, id],
      set: { lookedAt: sql`excluded.looked_at`, look: sql`excluded.look` },
      setWhere: sql`excluded.looked_at > ${table.lookedAt}`,
    })
    .returning({ id })
}

/** At those of these ids, in one environment. */
export async function readLooks<K extends LookKind>(
  database: Database,
  environmentId: string,
  kind: K,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Looks[K]>> {
  const { table, id } = tables[kind]
  const rows = await database
    .select({ id, look: table.look })
    .from(table)
    .where(and(eq(table.environmentId, environmentId), isAny(id, ids)))
  return new Map(rows.map((row) => [row.id, row.look as Looks[K]]))
}
