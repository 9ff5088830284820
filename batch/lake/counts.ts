// The two questions that jobs ask of the warehouse, as functions with typed answers.
import * as z from 'zod'
import { sameWithinMs } from '../../analytics/records.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { type Operation, OperationFacts } from '../../core/model/operation.ts'
import { done, fail, type Outcome } from '../failure.ts'
import type { Window } from './cache.ts'
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

/** A row per variation that anybody saw, none if nobody saw any. */
export const countExperiment = (
  warehouse: Warehouse,
  files: readonly string[],
  { flagKey, ruleId }: Experiment,
  { from, to }: Window,
  event: string,
): Promise<Outcome<ObservedVariation[]>> =>
  warehouse.ask(experimentQuery, files, { flagKey, ruleId, from, to, event, sameWithinMs })

export async function countEventRate(
  warehouse: Warehouse,
  files: readonly string[],
  { flagKey, variationId, countingFrom }: Operation,
  event: string,
): Promise<Outcome<OperationFacts>> {
  const rows = await warehouse.ask(eventRateQuery, files, { flagKey, variationId, countingFrom, event })
  if (!rows.ok) return rows
  const [facts] = rows.value
  return facts ? done(facts) : fail('job', 'ClickHouse gave no row for event-rate.sql.')
}
