// Sums over users, kept between runs. A run looks at the users who have news, as they were and as they are,
// and adds the difference. The first run of a day that finds such sums counts all users, and compares.
import * as z from 'zod'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { inputOf } from './kept-rows.ts'
import { KeptSources } from './kept-state.ts'
import { isSameSources, type Sources, sourcesOf } from './source-change.ts'

const dayMs = 86_400_000

export interface Sums<Row> {
  readonly texts: readonly string[]
  /** What else the rows depend on, besides the objects. */
  readonly asked: unknown
  readonly files: RecordFiles
  readonly row: z.ZodType<Row>
  readonly full: () => Promise<Result<readonly Row[], Failure>>
  /** What came and what went; undefined if all users must be counted. */
  readonly change: (before: Sources) => Promise<readonly Row[] | undefined>
  /** One row for each thing that is counted, in an order of their own. */
  readonly add: (rows: readonly Row[]) => readonly Row[]
}

export interface Recounting {
  /** Epoch milliseconds. */
  readonly now: number
  /** `daily`: if the last full count is of another day. */
  readonly recount: 'never' | 'daily' | 'always'
  /** `differs`: the sums that were kept were others. */
  readonly onRecounted?: (environmentId: string, what: string, differs: boolean) => void
}

export async function keptSums<Row>(
  file: string,
  { texts, asked, files, row, full, change, add }: Sums<Row>,
  { now, recount }: Pick<Recounting, 'now' | 'recount'>,
  onRecounted: (differs: boolean) => void,
): Promise<Result<readonly Row[], Failure>> {
  const input = inputOf(texts, asked)
  const known = keptOf(row).safeParse(await readSealed(file)).data
  const before = known?.input === input ? known : undefined
  const sources = sourcesOf(files)
  const isSame = before !== undefined && isSameSources(before.sources, sources)
  const isOfToday = before && Math.floor(before.recountedAt / dayMs) === Math.floor(now / dayMs)
  const isDue = recount === 'always' || (recount === 'daily' && before?.isSum === true && !isOfToday)
  if (isSame && !isDue) return ok(before.rows)
  const news = before && !isSame ? await change(before.sources) : undefined
  const kept = before && (isSame ? before.rows : news && add([...before.rows, ...news]))
  const isSum = kept !== undefined && !isDue
  const counted = isSum ? ok(kept) : await full()
  if (!counted.ok) return counted
  const figuresOf = (rows: readonly Row[]) => JSON.stringify(add(rows))
  if (isDue && kept) onRecounted(figuresOf(kept) !== figuresOf(counted.value))
  const recountedAt = isSum ? before!.recountedAt : now
  const state = { input, recountedAt, isSum, sources, rows: counted.value }
  // A full disk costs the next run a query, and this one nothing.
  await writeSealed(file, state).catch(() => undefined)
  return counted
}

const keptOf = <Row>(row: z.ZodType<Row>) =>
  z.object({
    /** Of the statements and the question. */
    input: z.string(),
    /** Epoch milliseconds of the last count of all users. */
    recountedAt: z.int(),
    /** Whether differences were added since. */
    isSum: z.boolean(),
    sources: KeptSources,
    rows: z.array(row),
  })
