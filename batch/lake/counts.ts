// The two queries that jobs need, as functions with typed results.
import * as z from 'zod'
import { clockSkewMaxMs } from '../../analytics/event-time.ts'
import { sameWithinMs } from '../../analytics/records.ts'
import { countedByDefault, sourceUsersMax } from '../../core/model/counted-events.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { type Operation, OperationFacts } from '../../core/model/operation.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import type { Window } from './cache.ts'
import type { Warehouse } from './warehouse.ts'

export const ObservedVariation = z.object({
  variationId: z.string(),
  users: z.int(),
  conversions: z.int(),
  valueSum: z.number(),
  valueSumOfSquares: z.number(),
  usersInTwoVariations: z.int(),
  verifiedUsers: z.int(),
  verifiedConversions: z.int(),
  unverifiedUsers: z.int(),
  unverifiedConversions: z.int(),
  sourceUsers: z.int(),
  usersWithoutUnit: z.int(),
})
export type ObservedVariation = z.infer<typeof ObservedVariation>

const experimentQuery = { name: 'experiment', row: ObservedVariation }
const eventRateQuery = { name: 'event-rate', row: OperationFacts }

/**
 * A row for each variation that users were exposed to. `event` is the goal's. Of a rollout that splits by
 * attribute, `users` are its values.
 */
export const countExperiment = (
  warehouse: Warehouse,
  files: readonly string[],
  experiment: Experiment,
  { from, to }: Window,
  event: string,
): Promise<Result<ObservedVariation[], Failure>> =>
  warehouse.query(experimentQuery, files, {
    flagKey: experiment.flagKey,
    ruleId: experiment.ruleId,
    unitAttribute: unitAttributeOf(experiment),
    counts: experiment.counts ?? countedByDefault,
    from,
    to,
    event,
    sameWithinMs,
    clockSkewMaxMs,
  })

/** Empty: users are counted. */
export const unitAttributeOf = ({ phases }: Experiment): string => phases?.at(-1)?.unitAttribute ?? ''

export async function countEventRate(
  warehouse: Warehouse,
  files: readonly string[],
  operation: Operation,
  event: string,
): Promise<Result<OperationFacts, Failure>> {
  const { flagKey, variationId, countingFrom, counts = countedByDefault } = operation
  const rows = await warehouse.query(eventRateQuery, files, {
    flagKey,
    variationId,
    countingFrom,
    event,
    clockSkewMaxMs,
    counts,
    sourceUsersMax: sourceUsersMax(operation),
  })
  if (!rows.ok) return rows
  const [facts] = rows.value
  return facts ? ok(facts) : fail('job', 'ClickHouse gave no row for event-rate.sql.')
}
