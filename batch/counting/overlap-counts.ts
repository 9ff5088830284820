// Counts the users whom two experiments count, by the variations of both: all pairs of an environment in one
// statement (analytics/sql/counting/overlaps.sql). What was counted is kept on disk, and asked again only
// if the objects or the questions changed.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { type MetricCountsOptions, passes } from './metric-counts.ts'
import { nameOf, type Question, questionParameters, windowOf, withCopies } from './question.ts'
import type { RecordReader } from './record-reader.ts'
import { slicesOf } from './slices.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances, usualTolerances } from './totals.ts'

const Count = z.int().min(0)
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

export const overlapCounts = (options: MetricCountsOptions): OverlapCounting => ({
  count: (environmentId, question) =>
    countAgainIfDamaged(options.lake, environmentId, (isAgain) =>
      countKept(environmentId, question, isAgain, options),
    ),
})

async function countKept(
  environmentId: string,
  question: OverlapQuestion,
  isAgain: boolean,
  { clickHouse, readerOf, lake, root }: MetricCountsOptions,
): Promise<Result<readonly OverlapRow[], Failure>> {
  const reader = readerOf(environmentId, isAgain)
  const files = await lake.files(environmentId, withCopies(windowOf(question.questions)))
  if (!files.ok) return files
  const file = path.join(root, 'counts', `environment=${environmentId}`, 'overlaps.json')
  const names = [...files.value.raw, ...files.value.parts.map((part) => part.file)]
  const asked = [question.questions.map(nameOf), question.pairs]
  const input = digestOf([reader.beginnings.map(textOf), recordColumns, asked, names])
  const known = z
    .object({ input: z.string(), rows: z.array(OverlapRow) })
    .safeParse(await readSealed(file)).data
  if (known?.input === input) return ok(known.rows)
  const rows = await countOverlaps(clickHouse, reader)(files.value, question)
  if (!rows.ok) return rows
  // A full disk costs the next run a query, and this one nothing.
  await writeSealed(file, { input, rows: rows.value }).catch(() => undefined)
  return rows
}

const digestOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('hex')

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
    reader.read(files, files, async ({ hasLinks, reading }) => {
      const slices = reader.hasSlices ? (wanted ?? slicesOf(files)) : 1
      const common = {
        ...questionParameters(questions.map((question, i) => ({ x: i + 1, question }))),
        ...tolerances,
        timeOffset,
        pairs: pairs.map(([x, y]) => JSON.stringify({ x, y })).join('\n'),
      }
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
    })
}

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
  return [...cells.values()]
}
