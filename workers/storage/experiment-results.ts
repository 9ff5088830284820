// Results of experiments in D1. The admin API reads and stores them without the single writer.
import { and, asc, desc, eq, gt, inArray, lt, max, or, sql } from 'drizzle-orm'
import type { NewDelivery } from '../../core/change/message.ts'
import type { StoredResult } from '../../core/model/stored-result.ts'
import type { Database } from './database.ts'
import { deliveryStatements } from './deliveries.ts'
import * as tables from './schema.ts'

/**
 * Writes nothing if the newest result for the goal says the same, apart from when it was computed. Otherwise
 * also what `messagesOf` says of the newest one until now. Returns what it wrote of that.
 */
export async function storeResult(
  database: Database,
  environmentId: string,
  experimentId: string,
  result: StoredResult,
  messagesOf: (before: StoredResult | undefined) => readonly NewDelivery[] = () => [],
): Promise<readonly NewDelivery[]> {
  const { goalKey, computedAt } = result
  const newest = await newestResult(database, environmentId, experimentId, goalKey)
  if (newest && isSameFinding(newest, result)) return []
  const isNews = !newest || newest.computedAt < computedAt
  const messages = isNews ? messagesOf(newest) : []
  await database.batch([
    database
      .insert(tables.experimentResults)
      .values({ environmentId, experimentId, goalKey, computedAt, result })
      .onConflictDoNothing(),
    ...deliveryStatements(database, environmentId, messages),
  ])
  return messages
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

/**
 * What a result says. The end of the window moves with every run, also when no event came, and with it how
 * many days are left. So a result of a runner that says what computed it is compared by its input, its
 * outcomes and its verdict; one of an earlier release as a whole.
 */
function findingOf({ computedAt: _, window: { from }, ...rest }: StoredResult): string {
  const { statistics, inputHash, engine, health, verdict, decision, comparisons } = rest
  if (statistics === undefined) return JSON.stringify([from, rest])
  const outcomes = comparisons?.map(({ variationId, outcome }) => [variationId, outcome])
  return JSON.stringify([from, statistics, inputHash, engine, health, verdict.kind, decision, outcomes])
}

const isSameFinding = (a: StoredResult, b: StoredResult) => findingOf(a) === findingOf(b)

/** The newest result of each of the experiments for the goal. */
export async function newestOfEach(
  database: Database,
  environmentId: string,
  experimentIds: readonly string[],
  goalKey: string,
): Promise<{ experimentId: string; result: StoredResult }[]> {
  const table = tables.experimentResults
  if (experimentIds.length === 0) return []
  const rows = await database
    .select({ experimentId: table.experimentId, result: table.result, at: max(table.computedAt) })
    .from(table)
    .where(
      and(
        eq(table.environmentId, environmentId),
        inArray(table.experimentId, [...experimentIds]),
        eq(table.goalKey, goalKey),
      ),
    )
    .groupBy(table.experimentId) // with max(), SQLite takes the other columns from the row that has it
  return rows.map(({ experimentId, result }) => ({ experimentId, result }))
}

export interface ResultList {
  readonly environmentId: string
  readonly experimentId: string
  readonly goalKey?: string | undefined
  /** Epoch milliseconds: only results that were computed before. */
  readonly before?: number | undefined
  /** Time and goal of the last result of the previous page. */
  readonly after?: readonly [computedAt: number, goalKey: string] | undefined
  readonly limit: number
}

/** Newest first; of one time, by goal. */
export async function listResults(
  database: Database,
  { environmentId, experimentId, goalKey, before, after, limit }: ResultList,
) {
  const table = tables.experimentResults
  const rows = await database
    .select({ result: table.result })
    .from(table)
    .where(
      and(
        eq(table.environmentId, environmentId),
        eq(table.experimentId, experimentId),
        goalKey === undefined ? undefined : eq(table.goalKey, goalKey),
        before === undefined ? undefined : lt(table.computedAt, before),
        after &&
          or(
            lt(table.computedAt, after[0]),
            and(eq(table.computedAt, after[0]), gt(table.goalKey, after[1])),
          ),
      ),
    )
    .orderBy(desc(table.computedAt), asc(table.goalKey))
    .limit(limit)
  return rows.map(({ result }) => result)
}

/** The newest result of each goal. */
export async function newestResults(database: Database, environmentId: string, experimentId: string) {
  const table = tables.experimentResults
  const ofExperiment = and(eq(table.environmentId, environmentId), eq(table.experimentId, experimentId))
  const newest = database
    .select({ goalKey: table.goalKey, newestAt: sql<number>`max(${table.computedAt})`.as('newest_at') })
    .from(table)
    .where(ofExperiment)
    .groupBy(table.goalKey)
    .as('newest')
  const rows = await database
    .select({ result: table.result })
    .from(table)
    .innerJoin(newest, and(eq(table.goalKey, newest.goalKey), eq(table.computedAt, newest.newestAt)))
    .where(ofExperiment)
    .orderBy(desc(table.computedAt), asc(table.goalKey))
  return rows.map(({ result }) => result)
}

/** Of each experiment of the environment that has a result of its primary goal, the newest one. */
export async function newestOfPrimaryGoals(database: Database, environmentId: string) {
  const table = tables.experimentResults
  const inEnvironment = eq(table.environmentId, environmentId)
  const newest = database
    .select({
      experimentId: table.experimentId,
      goalKey: table.goalKey,
      newestAt: sql<number>`max(${table.computedAt})`.as('newest_at'),
    })
    .from(table)
    .where(inEnvironment)
    .groupBy(table.experimentId, table.goalKey)
    .as('newest')
  const rows = await database
    .select({ experimentId: table.experimentId, result: table.result })
    .from(table)
    .innerJoin(
      newest,
      and(
        eq(table.experimentId, newest.experimentId),
        eq(table.goalKey, newest.goalKey),
        eq(table.computedAt, newest.newestAt),
      ),
    )
    .where(inEnvironment)
    .orderBy(asc(table.experimentId))
  return rows.filter(({ result }) => result.role !== 'secondary')
}
