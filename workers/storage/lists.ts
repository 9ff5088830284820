// What the admin API reads straight from D1, beside the single writer.
import { and, asc, desc, eq, gt, max, sql } from 'drizzle-orm'
import type { ExperimentResult } from '../../core/experiment-result.ts'
import type { Database } from './configuration.ts'
import * as tables from './schema.ts'

/** In the order of their ids, from after one of them. */
export async function listEnvironments(database: Database, after: string, limit: number) {
  const { id, name, createdAt } = tables.environments
  const newest = database
    .select({ number: max(tables.revisions.number) })
    .from(tables.revisions)
    .where(eq(tables.revisions.environmentId, id))
  return database
    .select({ id, name, createdAt, revision: sql<number>`(${newest})` })
    .from(tables.environments)
    .where(gt(id, after))
    .orderBy(asc(id))
    .limit(limit)
}

export async function hasEnvironment(database: Database, environmentId: string): Promise<boolean> {
  const { id } = tables.environments
  return (await database.select({ id }).from(tables.environments).where(eq(id, environmentId))).length > 0
}

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

export async function findToken(database: Database, sha256: string) {
  const { id, name, role } = tables.apiTokens
  const [row] = await database
    .select({ id, name, role })
    .from(tables.apiTokens)
    .where(eq(tables.apiTokens.sha256, sha256))
  return row
}

export async function storeToken(database: Database, token: typeof tables.apiTokens.$inferInsert) {
  await database.insert(tables.apiTokens).values(token)
}
