// Results of experiments in D1. The admin API reads and stores them without the single writer.
import { and, desc, eq } from 'drizzle-orm'
import type { StoredResult } from '../../core/model/stored-result.ts'
import type { Database } from './database.ts'
import * as tables from './schema.ts'

/** Idempotent for the same computation. */
export async function storeResult(
  database: Database,
  environmentId: string,
  experimentId: string,
  result: StoredResult,
) {
  const { goalKey, computedAt } = result
  await database
    .insert(tables.experimentResults)
    .values({ environmentId, experimentId, goalKey, computedAt, result })
    .onConflictDoNothing()
}

/** Newest first. */
export async function listResults(
  database: Database,
  environmentId: string,
  experimentId: string,
  limit: number,
) {
  const table = tables.experimentResults
  const rows = await database
    .select({ result: table.result })
    .from(table)
    .where(and(eq(table.environmentId, environmentId), eq(table.experimentId, experimentId)))
    .orderBy(desc(table.computedAt))
    .limit(limit)
  return rows.map(({ result }) => result)
}
