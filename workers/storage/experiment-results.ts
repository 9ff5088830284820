// Results of experiments in D1. The admin API reads and stores them without the single writer.
import { and, desc, eq } from 'drizzle-orm'
import type { StoredResult } from '../../core/model/stored-result.ts'
import type { Database } from './database.ts'
import * as tables from './schema.ts'

/** Writes nothing if the newest result for the goal says the same, apart from when it was computed. */
export async function storeResult(
  database: Database,
  environmentId: string,
  experimentId: string,
  result: StoredResult,
) {
  const { goalKey, computedAt } = result
  const newest = await newestResult(database, environmentId, experimentId, goalKey)
  if (newest && isSameFinding(newest, result)) return
  await database
    .insert(tables.experimentResults)
    .values({ environmentId, experimentId, goalKey, computedAt, result })
    .onConflictDoNothing()
}

async function newestResult(
  database: Database,
  environmentId: string,
  experimentId: string,
  goalKey: string,
) {
  const table = tables.experimentResults
  const [row] = await database
    .select({ result: table.result })
    .from(table)
    .where(
      and(
        eq(table.environmentId, environmentId),
        eq(table.experimentId, experimentId),
        eq(table.goalKey, goalKey),
      ),
    )
    .orderBy(desc(table.computedAt))
    .limit(1)
  return row?.result
}

/** The end of the window moves with every run, also when no event came. */
const findingOf = ({ computedAt: _, window: { from }, ...rest }: StoredResult) => JSON.stringify([from, rest])
const isSameFinding = (a: StoredResult, b: StoredResult) => findingOf(a) === findingOf(b)

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
