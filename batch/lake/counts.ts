// The two queries that jobs need, as functions with typed results.
import * as z from 'zod'
import { clockSkewMaxMs, requestDelayMaxMs } from '../../analytics/event-time.ts'
import { sameWithinMs } from '../../analytics/records.ts'
import { countedByDefault, sourceUsersMax } from '../../core/model/counted-events.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { type Operation, OperationFacts } from '../../core/model/operation.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import type { RecordFiles, Window } from './cache.ts'
import { ObservedVariation } from './observed-variation.ts'
import { addUp, sliceOf, slicesOf } from './slices.ts'
import type { Warehouse } from './warehouse.ts'

/** `source` is empty if all users are counted by one query. */
const SourceRow = ObservedVariation.extend({ source: z.string() })
type SourceRow = z.infer<typeof SourceRow>

const experimentQuery = { name: 'experiment', row: SourceRow }
const eventRateQuery = { name: 'event-rate', row: OperationFacts }

/**
 * A row for each variation that users were exposed to. `event` is the goal's. Of a rollout that splits by
 * attribute, `users` are its values.
 */
export async function countExperiment(
  warehouse: Warehouse,
  files: RecordFiles,
  experiment: Experiment,
  { from, to }: Window,
  event: string,
): Promise<Result<ObservedVariation[], Failure>> {
  const unitAttribute = unitAttributeOf(experiment)
  const slices = unitAttribute === '' ? slicesOf(files) : 1 // users of one unit may be in several buckets
  const rows: SourceRow[] = []
  for (let slice = 0; slice < slices; slice++) {
    const found = await warehouse.query(experimentQuery, sliceOf(files, slices, slice), {
      flagKey: experiment.flagKey,
      ruleId: experiment.ruleId,
      unitAttribute,
      counts: experiment.counts ?? countedByDefault,
      from,
      to,
      event,
      sameWithinMs,
      clockSkewMaxMs,
      requestDelayMaxMs,
      slices,
      slice,
    })
    if (!found.ok) return found
    rows.push(...found.value)
  }
  return ok(addUp(rows))
}

/** Empty: users are counted. */
export const unitAttributeOf = ({ phases }: Experiment): string => phases?.at(-1)?.unitAttribute ?? ''

export async function countEventRate(
  warehouse: Warehouse,
  files: RecordFiles,
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
    requestDelayMaxMs,
    counts,
    sourceUsersMax: sourceUsersMax(operation),
    slices: 1,
    slice: 0,
  })
  if (!rows.ok) return rows
  const [facts] = rows.value
  return facts ? ok(facts) : fail('job', 'ClickHouse gave no row for event-rate.sql.')
}
