// Counts what a goal's events are worth per user (analytics/sql/counting/metric.sql): one statement for a
// goal and experiment, in this process or on a server. What was counted is kept on disk, and asked again
// only if the objects or the question changed.
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
import type { ClickHouse } from '../lake/clickhouse.ts'
import type { DamagedObject } from '../lake/objects.ts'
import { addSums, type ExactSums, noSums } from '../statistics/exact-sums.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { countsFile, digestOf } from './kept-rows.ts'
import { keptSums, type Recounting } from './kept-sums.ts'
import { addRows, MetricRow, toSums } from './metric-rows.ts'
import { linkWindowOf, nameOf, type Question, questionParameters, withCopies } from './question.ts'
import type { ReaderOf, RecordReader } from './record-reader.ts'
import { sliceRecordsMax, slicesOf } from './slices.ts'
import type { Sources } from './source-change.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances, usualTolerances } from './totals.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

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
      minimumAgeDays > 0
        ? wholeHours(asOf, minimumAgeDays) - Math.round(minimumAgeDays * dayMs)
        : exposures.end,
    ),
  }
}

/** Users of an age of days or more come in once an hour, so that a run with nothing new counts nothing. */
const wholeHours = (asOf: number, minimumAgeDays: number) =>
  minimumAgeDays < 1 ? asOf : asOf - (asOf % hourMs)

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

export interface Recounts extends Recounting {
  readonly sliceRecordsMax?: number
  readonly tolerances?: Tolerances
}

export const metricCounts = (options: MetricCountsOptions & Recounts): MetricCounts => ({
  count: (environmentId, question) =>
    countAgainIfDamaged(options.lake, environmentId, (isAgain) =>
      countKept(environmentId, question, isAgain, options),
    ),
})

async function countKept(
  environmentId: string,
  question: MetricQuestion,
  isAgain: boolean,
  options: MetricCountsOptions & Recounts,
): Promise<Result<CountedMetric, Failure>> {
  const { clickHouse, readerOf, lake, root, now, recount, onRecounted, sliceRecordsMax } = options
  const { tolerances = usualTolerances } = options
  const reader = readerOf(environmentId, isAgain)
  const found = await lake.files(environmentId, withCopies(metricWindow(question)))
  if (!found.ok) return found
  const files = found.value
  const asked = [nameOf(question.exposures), question.event, question.metric]
  const slices = slicesFor(question, files, reader, sliceRecordsMax)
  const rows = await keptSums(
    countsFile(root, environmentId, `metric-${digestOf(asked)}`),
    {
      texts: textsOf(reader),
      asked: question.exposedBefore,
      files,
      row: MetricRow,
      add: addRows,
      full: () => countMetric(clickHouse, reader)(files, question, tolerances, slices),
      // Of all users at once, a quantile is known as well, and a full count costs little.
      change: (before) =>
        slices === 1
          ? Promise.resolve(undefined)
          : changeOf(clickHouse, reader, before, files, question, tolerances, sliceRecordsMax),
    },
    { now, recount },
    (differs) => onRecounted?.(environmentId, `the metric of ${question.event}`, differs),
  )
  return rows.ok ? ok({ ...addUp(rows.value, question.metric), damaged: files.damaged }) : rows
}

async function changeOf(
  clickHouse: MetricCountsOptions['clickHouse'],
  reader: RecordReader,
  before: Sources,
  files: RecordFiles,
  question: MetricQuestion,
  tolerances: Tolerances,
  recordsMax: number | undefined,
): Promise<MetricRow[] | undefined> {
  const parameters = parametersOf(question)
  const windows = [linkWindowOf(question.exposures, tolerances)]
  const wanted = { ...parameters, windows, recordsMax }
  return reader.readChange?.(before, files, wanted, tolerances, ({ beginning, values }) =>
    clickHouse.rows('metric.sql', textOf(beginning, false), MetricRow, {
      ...values,
      ...parameters,
      isWhole: 0,
    }),
  )
}

/** The events before a user's first exposure lie before the experiment's own window. */
export const metricWindow = ({
  exposures: { start, end },
  metric,
}: {
  readonly exposures: Pick<Question, 'start' | 'end'>
  readonly metric: GoalMetric
}): Window => ({
  from: start - priorMs(metric),
  to: end,
})

const priorMs = (metric: GoalMetric) => Math.round(priorDaysOf(metric) * dayMs)

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
    reader.read(
      files,
      files,
      [linkWindowOf(question.exposures, tolerances)],
      async ({ hasLinks, reading }) => {
        const slices = wanted ?? slicesFor(question, files, reader)
        const common = { ...parametersOf(question), ...tolerances, timeOffset, isWhole: slices === 1 ? 1 : 0 }
        const rows: MetricRow[] = []
        for (const { linked, slice, of } of passes(slices, hasLinks)) {
          const own = reading(of, slice)
          if (!own.ok) return own
          const values = { ...own.value.values, ...common, linked, slices: of, slice }
          const text = textOf(own.value.beginning, isOfUnits(question))
          const found = await clickHouse.rows('metric.sql', text, MetricRow, values)
          if (!found.ok) return found
          rows.push(...found.value)
        }
        return ok(rows)
      },
    )
}

const isOfUnits = ({ exposures }: MetricQuestion) => exposures.unitAttribute !== ''

/** Users of one unit may be in several slices. */
const slicesFor = (
  question: MetricQuestion,
  files: RecordFiles,
  reader: RecordReader,
  recordsMax = sliceRecordsMax,
) => (isOfUnits(question) || !reader.hasSlices ? 1 : slicesOf(files, recordsMax))

/** Who are linked may be in several slices, and are counted apart. */
export function* passes(slices: number, hasLinks: boolean) {
  const isApart = slices > 1 && hasLinks
  for (let slice = 0; slice < slices; slice++)
    yield { linked: isApart ? 'without' : 'all', slice, of: slices } as const
  if (isApart) yield { linked: 'only', slice: 0, of: 1 } as const
}

function parametersOf(question: MetricQuestion) {
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
  for (const row of rows) {
    if (row.variationId === '') continue
    const { logs, ...sums } = toSums(row)
    const own = metric.kind === 'value' ? { ...sums, logs } : sums
    byVariation.set(row.variationId, addSums(byVariation.get(row.variationId) ?? noSums, own))
  }
  return { byVariation, high: rows.find(({ variationId }) => variationId === '')?.high ?? null }
}
