// Counts the users whom two experiments count, by the variations of both: all pairs of an environment in one
// statement (analytics/sql/counting/overlaps.sql), kept between runs.
import * as z from 'zod'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { linesOf } from './count-once.ts'
import { countsFile } from './kept-rows.ts'
import { keptSums, type Recounting, type Sums } from './kept-sums.ts'
import { type MetricCountsOptions, passes } from './metric-counts.ts'
import { linkWindowOf, nameOf, type Question, questionParameters, windowOf, withCopies } from './question.ts'
import type { RecordReader } from './record-reader.ts'
import { slicesOf } from './slices.ts'
import type { Sources } from './source-change.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances, usualTolerances } from './totals.ts'

const Count = z.int()
const OverlapRow = z.object({
  /** Of the questions, from 1 on. */
  x: z.int(),
  y: z.int(),
  variationId: z.string(),
  otherVariationId: z.string(),
  users: Count,
  converted: Count,
  otherConverted: Count,
})
export type OverlapRow = z.infer<typeof OverlapRow>

export interface OverlapQuestion {
  /** By user, with one event at most: that of the primary goal. */
  readonly questions: readonly Question[]
  /** Two numbers of questions, from 1 on. */
  readonly pairs: readonly (readonly [x: number, y: number])[]
}

export interface OverlapCounting {
  /** A row for each pair and variation of each. */
  count(environmentId: string, question: OverlapQuestion): Promise<Result<readonly OverlapRow[], Failure>>
}

export type OverlapOptions = MetricCountsOptions & Recounting

export const overlapCounts = (options: OverlapOptions): OverlapCounting => ({
  count: (environmentId, question) =>
    countAgainIfDamaged(options.lake, environmentId, (isAgain) =>
      countKept(environmentId, question, isAgain, options),
    ),
})

async function countKept(
  environmentId: string,
  question: OverlapQuestion,
  isAgain: boolean,
  { clickHouse, readerOf, lake, root, now, recount, onRecounted }: OverlapOptions,
): Promise<Result<readonly OverlapRow[], Failure>> {
  const reader = readerOf(environmentId, isAgain)
  const files = await lake.files(environmentId, withCopies(windowOf(question.questions)))
  if (!files.ok) return files
  const sums: Sums<OverlapRow> = {
    texts: reader.beginnings.map(textOf),
    asked: [question.questions.map(nameOf), question.pairs],
    files: files.value,
    row: OverlapRow,
    add: addedUp,
    full: () => countOverlaps(clickHouse, reader)(files.value, question),
    change: (before) => changeOf(clickHouse, reader, before, files.value, question),
  }
  return keptSums(countsFile(root, environmentId, 'overlaps'), sums, { now, recount }, (differs) =>
    onRecounted?.(environmentId, 'the overlaps of experiments', differs),
  )
}

async function changeOf(
  clickHouse: MetricCountsOptions['clickHouse'],
  reader: RecordReader,
  before: Sources,
  files: RecordFiles,
  { questions, pairs }: OverlapQuestion,
): Promise<OverlapRow[] | undefined> {
  const { flags, events } = parametersOf(questions, pairs, [])
  const wanted = { flags, events, windows: windowsOf(questions, pairs, usualTolerances) }
  return reader.readChange?.(before, files, wanted, usualTolerances, ({ beginning, values }, scopes) =>
    clickHouse.rows('overlaps.sql', textOf(beginning), OverlapRow, {
      ...values,
      ...parametersOf(questions, pairs, scopes),
    }),
  )
}

const parametersOf = (
  questions: OverlapQuestion['questions'],
  pairs: OverlapQuestion['pairs'],
  scopes: readonly (readonly number[])[],
) => ({
  ...questionParameters(
    questions.map((question, i) => ({ x: i + 1, question, scopes: scopesOf(i + 1, pairs, scopes) })),
  ),
  pairs: linesOf(pairs.map(([x, y], i) => ({ x, y, scopes: scopes[i] ?? [] }))),
})

const textOf = (beginning: readonly string[]) =>
  statementOf(...beginning, 'questions', 'by-user', 'firsts', 'outcomes', 'overlaps')

/** From nothing. A user is in one slice, so the rows of all slices add up. */
export function countOverlaps(
  clickHouse: Pick<MetricCountsOptions['clickHouse'], 'rows'>,
  reader: RecordReader,
): (
  files: RecordFiles,
  question: OverlapQuestion,
  tolerances?: Tolerances,
  slices?: number,
) => Promise<Result<readonly OverlapRow[], Failure>> {
  return (files, { questions, pairs }, tolerances = usualTolerances, wanted) =>
    reader.read(
      files,
      files,
      windowsOf(questions, pairs, tolerances),
      async ({ hasLinks, scopes, reading }) => {
        const slices = reader.hasSlices ? (wanted ?? slicesOf(files)) : 1
        const common = { ...parametersOf(questions, pairs, scopes), ...tolerances, timeOffset }
        const rows: OverlapRow[] = []
        for (const { linked, slice, of } of passes(slices, hasLinks)) {
          const own = reading(of, slice)
          if (!own.ok) return own
          const values = { ...own.value.values, ...common, linked, slices: of, slice }
          const text = textOf(own.value.beginning)
          const found = await clickHouse.rows('overlaps.sql', text, OverlapRow, values)
          if (!found.ok) return found
          rows.push(...found.value)
        }
        return ok(addedUp(rows))
      },
    )
}

/** The links that each pair follows: since the earlier one began, until the later one ended. */
const windowsOf = (
  questions: OverlapQuestion['questions'],
  pairs: OverlapQuestion['pairs'],
  tolerances: Tolerances,
) =>
  pairs.map(([x, y]) => {
    const { from, to } = windowOf([questions[x - 1]!, questions[y - 1]!])
    return linkWindowOf({ start: from, end: to }, tolerances)
  })

const scopesOf = (
  question: number,
  pairs: OverlapQuestion['pairs'],
  scopes: readonly (readonly number[])[],
) => [...new Set(pairs.flatMap((pair, i) => (pair.includes(question) ? (scopes[i] ?? []) : [])))]

function addedUp(rows: readonly OverlapRow[]): OverlapRow[] {
  const cells = new Map<string, OverlapRow>()
  for (const row of rows) {
    const key = JSON.stringify([row.x, row.y, row.variationId, row.otherVariationId])
    const { users = 0, converted = 0, otherConverted = 0 } = cells.get(key) ?? {}
    cells.set(key, {
      ...row,
      users: users + row.users,
      converted: converted + row.converted,
      otherConverted: otherConverted + row.otherConverted,
    })
  }
  return [...cells]
    .filter(([, { users }]) => users > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, cell]) => cell)
}
