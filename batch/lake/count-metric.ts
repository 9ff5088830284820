// Counts what a goal's events are worth per user, by variation: analytics/sql/experiment-metric.sql.
import * as z from 'zod'
import { clockSkewMaxMs, requestDelayMaxMs } from '../../analytics/event-time.ts'
import { sameWithinMs } from '../../analytics/records.ts'
import { countedByDefault } from '../../core/model/counted-events.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { capOf, type GoalMetric, priorDaysOf } from '../../core/model/goal-metric.ts'
import { metricValueMax } from '../../core/model/limits.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import { addSums, type ExactSums, noSums } from '../statistics/exact-sums.ts'
import type { RecordFiles, Window } from './cache.ts'
import { unitAttributeOf } from './counts.ts'
import { sliceOf, slicesOf } from './slices.ts'
import type { Warehouse } from './warehouse.ts'

const dayMs = 86_400_000

/** An integer of any length, as text: JSON has no such numbers. */
const Integer = z.string().regex(/^-?\d+$/)
const MetricRow = z.object({
  variationId: z.string(),
  users: z.int(),
  conversions: z.int(),
  unreadableUsers: z.int(),
  sumY: Integer,
  sumYY: Integer,
  sumD: Integer,
  sumDD: Integer,
  sumYD: Integer,
  sumX: Integer,
  sumXX: Integer,
  sumXY: Integer,
  sumRawY: Integer,
  sumRawYY: Integer,
  high: z.number().nullable(),
})
type MetricRow = z.infer<typeof MetricRow>

const metricQuery = { name: 'experiment-metric', row: MetricRow }

export interface CountedMetric {
  readonly byVariation: ReadonlyMap<string, ExactSums>
  /** Half a percent of the users of all variations have more, before the cap; null if nobody knows. */
  readonly high: number | null
}

export interface MetricQuestion {
  readonly event: string
  readonly metric: GoalMetric
  /** Epoch milliseconds: the end of what has happened, for the age of exposures. */
  readonly asOf: number
}

/** The events before a user's first exposure lie before the experiment's own window. */
export const lakeWindowOf = ({ from, to }: Window, metric: GoalMetric): Window => ({
  from: from - priorDaysOf(metric) * dayMs,
  to,
})

export async function countMetric(
  warehouse: Warehouse,
  files: RecordFiles,
  experiment: Experiment,
  { from, to }: Window,
  question: MetricQuestion,
): Promise<Result<CountedMetric, Failure>> {
  const unitAttribute = unitAttributeOf(experiment)
  const slices = unitAttribute === '' ? slicesOf(files) : 1 // users of one unit may be in several buckets
  const rows: MetricRow[] = []
  for (let slice = 0; slice < slices; slice++) {
    const found = await warehouse.query(metricQuery, sliceOf(files, slices, slice), {
      flagKey: experiment.flagKey,
      ruleId: experiment.ruleId,
      unitAttribute,
      counts: experiment.counts ?? countedByDefault,
      from,
      to,
      ...parametersOf(question, to),
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

function parametersOf({ event, metric, asOf }: MetricQuestion, to: number) {
  const ratio = metric.kind === 'ratio' ? metric : undefined
  const { windowDays = 0, minimumAgeDays = 0 } = metric
  return {
    event,
    sum: metric.kind === 'count' ? 'count' : (ratio?.sum ?? 'value'),
    denominator: ratio?.denominator.event ?? '',
    denominatorSum: ratio?.denominator.sum ?? 'count',
    cap: capOf(metric) ?? 0,
    valueMax: metricValueMax,
    priorMs: Math.round(priorDaysOf(metric) * dayMs),
    windowMs: Math.round(windowDays * dayMs),
    exposedBefore: minimumAgeDays > 0 ? asOf - Math.round(minimumAgeDays * dayMs) : to,
  }
}

function addUp(rows: readonly MetricRow[]): CountedMetric {
  const byVariation = new Map<string, ExactSums>()
  for (const row of rows) {
    if (row.variationId === '') continue
    byVariation.set(row.variationId, addSums(byVariation.get(row.variationId) ?? noSums, toSums(row)))
  }
  return { byVariation, high: rows.find(({ variationId }) => variationId === '')?.high ?? null }
}

const toSums = (row: MetricRow): ExactSums => ({
  users: row.users,
  conversions: row.conversions,
  unreadableUsers: row.unreadableUsers,
  sumY: BigInt(row.sumY),
  sumYY: BigInt(row.sumYY),
  sumD: BigInt(row.sumD),
  sumDD: BigInt(row.sumDD),
  sumYD: BigInt(row.sumYD),
  sumX: BigInt(row.sumX),
  sumXX: BigInt(row.sumXX),
  sumXY: BigInt(row.sumXY),
  sumRawY: BigInt(row.sumRawY),
  sumRawYY: BigInt(row.sumRawYY),
})
