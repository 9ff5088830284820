// What the admin API reads straight from D1, beside the single writer.
import { and, desc, eq } from 'drizzle-orm'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import type { Database } from './database.ts'
import * as tables from './schema.ts'

/** Storing the same computation twice keeps one. */
export async function storeResult(
  database: Database,
  environmentId: string,
  experimentId: string,
  result: ExperimentResult,
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
