// The two queries that jobs need, as functions with typed results.
import * as z from 'zod'
import { clockSkewMaxMs } from '../../analytics/event-time.ts'
import { sameWithinMs } from '../../analytics/records.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { type Operation, OperationFacts } from '../../core/model/operation.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import type { RecordFiles, Window } from './cache.ts'
import type { Warehouse } from './warehouse.ts'

export const ObservedVariation = z.object({
  variationId: z.string(),
  users: z.int(),
  conversions: z.int(),
  valueSum: z.number(),
  valueSumOfSquares: z.number(),
  usersInTwoVariations: z.int(),
})
export type ObservedVariation = z.infer<typeof ObservedVariation>

const experimentQuery = { name: 'experiment', row: ObservedVariation }
const eventRateQuery = { name: 'event-rate', row: OperationFacts }

/** A row for each variation that users were exposed to. `event` is the goal's. */
export const countExperiment = (
  warehouse: Warehouse,
  files: RecordFiles,
  { flagKey, ruleId }: Experiment,
  { from, to }: Window,
  event: string,
): Promise<Result<ObservedVariation[], Failure>> =>
  warehouse.query(experimentQuery, files, { flagKey, ruleId, from, to, event, sameWithinMs, clockSkewMaxMs })

export async function countEventRate(
  warehouse: Warehouse,
  files: RecordFiles,
  { flagKey, variationId, countingFrom }: Operation,
  event: string,
): Promise<Result<OperationFacts, Failure>> {
  const rows = await warehouse.query(eventRateQuery, files, {
    flagKey,
    variationId,
    countingFrom,
    event,
    clockSkewMaxMs,
  })
  if (!rows.ok) return rows
  const [facts] = rows.value
  return facts ? ok(facts) : fail('job', 'ClickHouse gave no row for event-rate.sql.')
}
