// What the admin API reads straight from D1, beside the single writer.
import { and, asc, desc, eq, max } from 'drizzle-orm'
import type { ExperimentResult } from '../../core/experiment-result.ts'
import type { Database } from './configuration.ts'
import * as tables from './schema.ts'

export async function listEnvironments(database: Database) {
  const { id, name, createdAt } = tables.environments
  return database
    .select({ id, name, createdAt, revision: max(tables.revisions.number).mapWith(Number) })
    .from(tables.environments)
    .innerJoin(tables.revisions, eq(tables.revisions.environmentId, id))
    .groupBy(id)
    .orderBy(asc(id))
}

export async function listFlags(database: Database, environmentId: string) {
  const rows = await database
    .select({ value: tables.flags.value })
    .from(tables.flags)
    .where(eq(tables.flags.environmentId, environmentId))
    .orderBy(asc(tables.flags.id))
  return rows.map(({ value }) => value)
}

export async function readFlag(database: Database, environmentId: string, key: string) {
  const [row] = await database
    .select({ value: tables.flags.value })
    .from(tables.flags)
    .where(and(eq(tables.flags.environmentId, environmentId), eq(tables.flags.id, key)))
  return row?.value
}

const plain = {
  segments: tables.segments,
  goals: tables.goals,
  experiments: tables.experiments,
  operations: tables.operations,
} as const
export type PlainList = keyof typeof plain

export async function listPlain(database: Database, list: PlainList, environmentId: string) {
  const table = plain[list]
  const rows = await database
    .select({ value: table.value })
    .from(table)
    .where(eq(table.environmentId, environmentId))
    .orderBy(asc(table.id))
  return rows.map(({ value }) => value)
}

export async function listSdkKeys(database: Database, environmentId: string) {
  const { id, role, name, createdAt } = tables.sdkKeys
  return database
    .select({ id, role, name, createdAt })
    .from(tables.sdkKeys)
    .where(eq(tables.sdkKeys.environmentId, environmentId))
}

export async function hasExperiment(database: Database, environmentId: string, id: string): Promise<boolean> {
  const rows = await database
    .select({ id: tables.experiments.id })
    .from(tables.experiments)
    .where(and(eq(tables.experiments.environmentId, environmentId), eq(tables.experiments.id, id)))
  return rows.length > 0
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
