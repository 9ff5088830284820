// Counts what a goal's events are worth per user (analytics/sql/counting/metric.sql): one statement for a
// goal and experiment, in this process or on a server. What was counted is kept on disk, and asked again
// only if the objects or the question changed.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import {
  capOf,
  eventDaysOf,
  type GoalMetric,
  minimumAgeOf,
  priorDaysOf,
  stepsOf,
} from '../../core/model/goal-metric.ts'
import { metricValueMax } from '../../core/model/limits.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, RecordFiles, Window } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import type { DamagedObject } from '../lake/objects.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { addSums, type ExactSums, type LogSums, noSums } from '../statistics/exact-sums.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { nameOf, type Question, questionParameters, withCopies } from './question.ts'
import type { ReaderOf, RecordReader } from './record-reader.ts'
import { slicesOf } from './slices.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances, usualTolerances } from './totals.ts'

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
  payers: z.int(),
  negatives: z.int(),
  sumLog: Integer,
  sumLogLog: Integer,
  high: z.number().nullable(),
  /** Users who reached each step of a funnel. */
  stepUsers: z.array(z.int()),
})
export type MetricRow = z.infer<typeof MetricRow>

export interface MetricQuestion {
  /** Of the experiment; its events are those of the metric. */
  readonly exposures: Question
  readonly event: string
  readonly metric: GoalMetric
  /** Epoch milliseconds: first exposures before it count. */
  readonly exposedBefore: number
}

/**
 * `asOf`: the end of what has happened; `exposuresUntil`: that of the users who count, both in epoch
 * milliseconds.
 */
export function metricQuestion(
  exposures: Question,
  event: string,
  metric: GoalMetric,
  asOf: number,
  exposuresUntil = exposures.end,
): MetricQuestion {
  const minimumAgeDays = minimumAgeOf(metric)
  const others = metric.kind === 'ratio' ? [metric.denominator.event] : stepsOf(metric, event)
  const events = [event, ...others]
  return {
    exposures: { ...exposures, events: [...new Set(events)] },
    event,
    metric,
    exposedBefore: Math.min(
      exposuresUntil,
      minimumAgeDays > 0 ? asOf - Math.round(minimumAgeDays * dayMs) : exposures.end,
    ),
  }
}

export interface CountedMetric {
  readonly byVariation: ReadonlyMap<string, ExactSums>
  /** Half a percent of the users of all variations have more, before the cap; null if nobody knows. */
  readonly high: number | null
  /** What cannot be read, also of the days before the experiment that the metric looks at. */
  readonly damaged: readonly DamagedObject[]
}

export interface MetricCounts {
  count(environmentId: string, question: MetricQuestion): Promise<Result<CountedMetric, Failure>>
}

export interface MetricCountsOptions {
  readonly clickHouse: Pick<ClickHouse, 'rows'>
  readonly readerOf: ReaderOf
  readonly lake: LakeCache
  /** The cache's folder. */
  readonly root: string
}

export const metricCounts = (options: MetricCountsOptions): MetricCounts => ({
  count: (environmentId, question) =>
    countAgainIfDamaged(options.lake, environmentId, (isAgain) =>
      countKept(environmentId, question, isAgain, options),
    ),
})

async function countKept(
  environmentId: string,
  question: MetricQuestion,
  isAgain: boolean,
  { clickHouse, readerOf, lake, root }: MetricCountsOptions,
): Promise<Result<CountedMetric, Failure>> {
  const reader = readerOf(environmentId, isAgain)
  const files = await lake.files(environmentId, withCopies(metricWindow(question)))
  if (!files.ok) return files
  const { raw, parts, damaged } = files.value
  const asked = JSON.stringify([nameOf(question.exposures), question.event, question.metric])
  const file = path.join(root, 'counts', `environment=${environmentId}`, `metric-${digestOf(asked)}.json`)
  const names = [...raw, ...parts.map((part) => part.file)]
  const input = digestOf([textsOf(reader), recordColumns, question.exposedBefore, names])
  const known = z
    .object({ input: z.string(), rows: z.array(MetricRow) })
    .safeParse(await readSealed(file)).data
  if (known?.input === input) return ok({ ...addUp(known.rows, question.metric), damaged })
  const rows = await countMetric(clickHouse, reader)(files.value, question)
  if (!rows.ok) return rows
  // A full disk costs the next run a query, and this one nothing.
  await writeSealed(file, { input, rows: rows.value }).catch(() => undefined)
  return ok({ ...addUp(rows.value, question.metric), damaged })
}

/** The events before a user's first exposure lie before the experiment's own window. */
export const metricWindow = ({ exposures: { start, end }, metric }: MetricQuestion): Window => ({
  from: start - priorMs(metric),
  to: end,
})

const priorMs = (metric: GoalMetric) => Math.round(priorDaysOf(metric) * dayMs)
const digestOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('hex')

const textOf = (beginning: readonly string[], isOfUnits: boolean) =>
  statementOf(...beginning, 'questions', isOfUnits ? 'by-unit' : 'by-user', 'firsts', 'metric')
const textsOf = ({ beginnings }: RecordReader) =>
  beginnings.flatMap((beginning) => [true, false].map((isOfUnits) => textOf(beginning, isOfUnits)))

/** From nothing. A row for each variation and slice, and without a variation for all. */
export function countMetric(
  clickHouse: Pick<ClickHouse, 'rows'>,
  reader: RecordReader,
): (
  files: RecordFiles,
  question: MetricQuestion,
  tolerances?: Tolerances,
  slices?: number,
) => Promise<Result<MetricRow[], Failure>> {
  return (files, question, tolerances = usualTolerances, wanted) =>
    reader.read(files, files, async ({ hasLinks, reading }) => {
      const isOfUnits = question.exposures.unitAttribute !== ''
      // Users of one unit, and those who are linked, may be in several slices.
      const slices = isOfUnits || !reader.hasSlices ? 1 : (wanted ?? slicesOf(files))
      const common = { ...parametersOf(question), ...tolerances, timeOffset, isWhole: slices === 1 ? 1 : 0 }
      const rows: MetricRow[] = []
      for (const { linked, slice, of } of passes(slices, hasLinks)) {
        const own = reading(of, slice)
        if (!own.ok) return own
        const values = { ...own.value.values, ...common, linked, slices: of, slice }
        const text = textOf(own.value.beginning, isOfUnits)
        const found = await clickHouse.rows('metric.sql', text, MetricRow, values)
        if (!found.ok) return found
        rows.push(...found.value)
      }
      return ok(rows)
    })
}

export function* passes(slices: number, hasLinks: boolean) {
  const isApart = slices > 1 && hasLinks
  for (let slice = 0; slice < slices; slice++)
    yield { linked: isApart ? 'without' : 'all', slice, of: slices } as const
  if (isApart) yield { linked: 'only', slice: 0, of: 1 } as const
}

function parametersOf(question: MetricQuestion): Parameters {
  const { exposures, event, metric, exposedBefore } = question
  const ratio = metric.kind === 'ratio' ? metric : undefined
  const { from = 0, to = 0 } = eventDaysOf(metric)
  return {
    ...questionParameters([{ x: 1, question: exposures }]),
    from: exposures.start - priorMs(metric),
    start: exposures.start,
    end: exposures.end,
    counts: exposures.counts,
    event,
    sum: metric.kind === 'count' ? 'count' : (ratio?.sum ?? 'value'),
    denominator: ratio?.denominator.event ?? '',
    denominatorSum: ratio?.denominator.sum ?? 'count',
    cap: capOf(metric) ?? 0,
    valueMax: metricValueMax,
    priorMs: priorMs(metric),
    afterMs: Math.round(from * dayMs),
    windowMs: Math.round(to * dayMs),
    steps: stepsOf(metric, event),
    exposedBefore,
  }
}

export function addUp(rows: readonly MetricRow[], metric: GoalMetric): Omit<CountedMetric, 'damaged'> {
  const byVariation = new Map<string, ExactSums>()
  const toSums = (row: MetricRow) => ({
    ...plainSums(row),
    ...(metric.kind === 'value' && { logs: toLogs(row) }),
  })
  for (const row of rows) {
    if (row.variationId === '') continue
    byVariation.set(row.variationId, addSums(byVariation.get(row.variationId) ?? noSums, toSums(row)))
  }
  return { byVariation, high: rows.find(({ variationId }) => variationId === '')?.high ?? null }
}

const toLogs = ({ payers, negatives, sumLog, sumLogLog }: MetricRow): LogSums => ({
  payers,
  negatives,
  sumLog: BigInt(sumLog),
  sumLogLog: BigInt(sumLogLog),
})

const plainSums = (row: MetricRow): ExactSums => ({
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
  stepUsers: row.stepUsers,
})
