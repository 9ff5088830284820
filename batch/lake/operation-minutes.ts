// What an operation watches, as counts by the minute of the exposure (analytics/sql/operation-minutes.sql).
import * as z from 'zod'
import { clockSkewMaxMs, requestDelayMaxMs } from '../../analytics/event-time.ts'
import { countedByDefault, sourceUsersMax } from '../../core/model/counted-events.ts'
import { delayOf, type Operation } from '../../core/model/operation.ts'
import { type MinuteCounts, watchDayMs, watchedFrom } from '../../core/model/operation-watch.ts'
import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from './cache.ts'
import type { Warehouse } from './warehouse.ts'

const count = z.int().min(0)
const query = {
  name: 'operation-minutes',
  row: z.object({
    minute: z.int(),
    users: count,
    goalUsers: count,
    baselineUsers: count,
    baselineGoalUsers: count,
    verifiedUsers: count,
    unverifiedUsers: count,
    usersOverLimit: count,
  }) satisfies z.ZodType<MinuteCounts>,
}

/** In order of time. `event` is the goal's, `now` in epoch milliseconds. */
export function countMinutes(
  warehouse: Warehouse,
  files: RecordFiles,
  operation: Operation,
  event: string,
  now: number,
): Promise<Result<MinuteCounts[], Failure>> {
  const { flagKey, variationId, baselineVariationId = '', ruleId = '', counts = countedByDefault } = operation
  return warehouse.query(query, files, {
    flagKey,
    variationId,
    baselineVariationId,
    ruleId: baselineVariationId === '' ? '' : ruleId,
    event,
    from: watchedFrom(operation, now),
    dayMs: watchDayMs,
    delayMs: delayOf(operation),
    clockSkewMaxMs,
    requestDelayMaxMs,
    counts,
    sourceUsersMax: sourceUsersMax(operation),
    slices: 1,
    slice: 0,
  })
}
