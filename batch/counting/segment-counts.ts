// Counts whom an experiment counted by what their first exposure says of them
// (analytics/sql/counting/segments.sql), in this process or on a server. What was counted is kept on disk,
// and asked again only if the objects or the question changed.
import * as z from 'zod'
import type { SegmentCounts } from '../../core/model/breakdown.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { countsFile, digestOf, keptRows } from './kept-rows.ts'
import { type MetricCountsOptions, passes } from './metric-counts.ts'
import { linkWindowOf, nameOf, type Question, questionParameters, windowOf, withCopies } from './question.ts'
import type { RecordReader } from './record-reader.ts'
import { slicesOf } from './slices.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances, usualTolerances } from './totals.ts'

/** Of each attribute; the users of other values are together. */
export const segmentsMax = 20
/** More are together already in the answer of a statement. */
const valuesMax = 1_000

/** Of a slice: a statement over so many exposures takes about 1.2 GB. */
const recordsMax = 500_000

const SegmentRow = z.object({
  attribute: z.int(),
  segment: z.string().nullable(),
  variationId: z.string(),
  q: z.int(),
  users: z.int(),
})
export type SegmentRow = z.infer<typeof SegmentRow>

export interface SegmentQuestion {
  /** Of the experiment, with the events of all its goals. */
  readonly exposures: Question
  readonly attributes: readonly string[]
}

/** By event. */
export type CountedSegments = ReadonlyMap<string, readonly SegmentCounts[]>

export interface SegmentCounting {
  count(environmentId: string, question: SegmentQuestion): Promise<Result<CountedSegments, Failure>>
}

export interface SegmentCountsOptions extends Omit<MetricCountsOptions, 'readerOf'> {
  /** Projections have no attributes. */
  readonly reader: RecordReader
}

export const segmentCounts = (options: SegmentCountsOptions): SegmentCounting => ({
  count: (environmentId, question) =>
    countAgainIfDamaged(options.lake, environmentId, () => countKept(environmentId, question, options)),
})

async function countKept(
  environmentId: string,
  question: SegmentQuestion,
  { clickHouse, reader, lake, root }: SegmentCountsOptions,
): Promise<Result<CountedSegments, Failure>> {
  const { exposures, attributes } = question
  const files = await lake.files(environmentId, withCopies(windowOf([exposures])))
  if (!files.ok) return files
  const asked = [nameOf(exposures), attributes]
  const file = countsFile(root, environmentId, `segments-${digestOf(asked)}`)
  const input = { texts: textsOf(reader), files: [files.value], asked }
  const rows = await keptRows(file, input, SegmentRow, () =>
    countSegments(clickHouse, reader)(files.value, question),
  )
  return rows.ok ? ok(toSegments(rows.value, question)) : rows
}

const textOf = (beginning: readonly string[], isOfUnits: boolean) =>
  statementOf(...beginning, 'questions', isOfUnits ? 'by-unit' : 'by-user', 'firsts', 'outcomes', 'segments')
const textsOf = ({ beginnings }: RecordReader) =>
  beginnings.flatMap((beginning) => [true, false].map((isOfUnits) => textOf(beginning, isOfUnits)))

/** From nothing. A row for each attribute, value, variation, goal and slice. */
export function countSegments(
  clickHouse: MetricCountsOptions['clickHouse'],
  reader: RecordReader,
): (
  files: RecordFiles,
  question: SegmentQuestion,
  tolerances?: Tolerances,
  slices?: number,
) => Promise<Result<SegmentRow[], Failure>> {
  return (files, question, tolerances = usualTolerances, wanted) =>
    reader.read(
      files,
      files,
      [linkWindowOf(question.exposures, tolerances)],
      async ({ hasLinks, reading }) => {
        const { exposures, attributes } = question
        const isOfUnits = exposures.unitAttribute !== ''
        // Users of one unit, and those who are linked, may be in several slices.
        const slices = isOfUnits || !reader.hasSlices ? 1 : (wanted ?? slicesOf(files, recordsMax))
        const asked = questionParameters([{ x: 1, question: exposures }])
        const common = { ...asked, ...tolerances, timeOffset, attributes, valuesMax }
        const rows: SegmentRow[] = []
        for (const { linked, slice, of } of passes(slices, hasLinks)) {
          const own = reading(of, slice)
          if (!own.ok) return own
          const bound = { ...own.value.values, ...common, linked, slices: of, slice }
          const text = textOf(own.value.beginning, isOfUnits)
          const found = await clickHouse.rows('segments.sql', text, SegmentRow, bound)
          if (!found.ok) return found
          rows.push(...found.value)
        }
        return ok(rows)
      },
    )
}

export function toSegments(
  rows: readonly SegmentRow[],
  { exposures: { events }, attributes }: SegmentQuestion,
): CountedSegments {
  const kept = new Set(
    attributes.flatMap((_, i) => largest(rows.filter(({ attribute, q }) => attribute === i + 1 && q === 0))),
  )
  const byEvent = new Map(events.map((event) => [event, new Map<string, SegmentCounts>()]))
  for (const { attribute, segment, variationId, q, users } of rows) {
    const value = kept.has(keyOf(attribute, segment)) ? segment : null
    for (const [i, event] of events.entries()) {
      const cells = byEvent.get(event)!
      const key = JSON.stringify([attribute, value, variationId])
      const cell = cells.get(key) ?? {
        attribute: attributes[attribute - 1]!,
        value,
        variationId,
        users: 0,
        conversions: 0,
      }
      cells.set(key, {
        ...cell,
        users: cell.users + (q === 0 ? users : 0),
        conversions: cell.conversions + (q === i + 1 ? users : 0),
      })
    }
  }
  return new Map([...byEvent].map(([event, cells]) => [event, [...cells.values()].toSorted(byPlace)]))
}

const keyOf = (attribute: number, segment: string | null) => JSON.stringify([attribute, segment])

/** The values of an attribute with the most users. */
function largest(rows: readonly SegmentRow[]): string[] {
  const users = new Map<string | null, number>()
  for (const row of rows) users.set(row.segment, (users.get(row.segment) ?? 0) + row.users)
  return [...users]
    .filter(([segment]) => segment !== null)
    .toSorted(([a, ofA], [b, ofB]) => ofB - ofA || (a! < b! ? -1 : 1))
    .slice(0, segmentsMax)
    .map(([segment]) => keyOf(rows[0]!.attribute, segment))
}

/** Any order that is always the same. */
const byPlace = (a: SegmentCounts, b: SegmentCounts) => {
  const [left, right] = [a, b].map((cell) => JSON.stringify([cell.attribute, cell.value, cell.variationId]))
  return left! < right! ? -1 : 1
}
