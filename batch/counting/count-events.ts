// One count of all questions over some objects of the lake: full, or of what changed since the run before.
// What it finds are contributions: files whose sums are the counts.
import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import { type ClickHouse, globOf, type Parameters } from '../lake/clickhouse.ts'
import { contributionColumns } from './columns.ts'
import { noProjections, openChange, projectionsOf } from './opened-change.ts'
import type { CountedFiles } from './projections.ts'
import { type Asked, linkWindowOf, questionParameters } from './question.ts'
import { sliceOf, slicesOf } from './slices.ts'
import type { Change } from './source-change.ts'
import { statementOf, variationsOfKept } from './statements.ts'
import { type Tolerances, type Totals, usualTolerances, Variation } from './totals.ts'

const nothing: CountedFiles = { raw: [], parts: [] }
export interface Counting {
  readonly clickHouse: ClickHouse
  /** Contributions are written here. */
  readonly folder: string
  readonly tolerances?: Tolerances
  /** With more records, users are counted slice by slice. */
  readonly sliceRecordsMax?: number
}

/** Resolves to the files of contributions. */
export const countAll = (files: CountedFiles, asked: readonly Asked[], how: Counting) =>
  count({ added: files, kept: nothing, removed: nothing }, asked, true, how)

/** Resolves to files whose sums, added to those of the run before, are the counts now. */
export const countChange = (change: Change, asked: readonly Asked[], how: Counting) =>
  count(change, asked, false, how)

async function count(
  change: Change,
  asked: readonly Asked[],
  isFull: boolean,
  how: Counting,
): Promise<Result<string[], Failure>> {
  const scratch = path.join(how.folder, `counting-${randomUUID()}`)
  try {
    await mkdir(scratch, { recursive: true })
    return await countIn(scratch, change, asked, isFull, how)
  } catch (error) {
    return fail('job', `Events could not be counted in ${how.folder}: ${reasonOf(error)}.`)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function countIn(
  scratch: string,
  change: Change,
  unscoped: readonly Asked[],
  isFull: boolean,
  { clickHouse, folder, tolerances = usualTolerances, sliceRecordsMax }: Counting,
): Promise<Result<string[], Failure>> {
  const { flags, events } = questionParameters(unscoped)
  const windows = unscoped.map(({ question }) => linkWindowOf(question, tolerances))
  const wanted = { flags, events, windows }
  const opened = await openChange(scratch, change, wanted, isFull, clickHouse, tolerances)
  if (!opened.ok) return opened
  const { hasLinks, scopes, beginning } = opened.value
  const asked = unscoped.map((each, i) => ({ ...each, scopes: scopes[i]! }))
  const values = { ...opened.value.values, ...questionParameters(asked) }
  const contributions: string[] = []
  const pass = async (by: 'user' | 'unit', parts: Change, own: Parameters) => {
    const target = path.join(folder, `contributions-${randomUUID()}.native`)
    const found = isFull ? projectionsOf(parts) : noProjections
    if (!found.ok) return found
    const sql = ['into', ...beginning, 'questions', `by-${by}`, 'firsts', 'outcomes', 'contributed']
    const done = await run(clickHouse, sql, { ...values, ...found.value, ...own, target })
    if (done.ok) contributions.push(target)
    return done
  }
  const [byUnit, byUser] = [true, false].map((isUnit) =>
    asked.filter(({ question }) => (question.unitAttribute !== '') === isUnit),
  ) as [Asked[], Asked[]]
  // Users of one unit, and those who are linked, may be in several slices.
  const slices = isFull ? slicesOf(change.added, sliceRecordsMax) : 1
  for (let slice = 0; byUser.length > 0 && slice < slices; slice++) {
    const parts = { ...change, added: sliceOf(change.added, slices, slice) }
    const isApart = slices > 1 && hasLinks
    const own = { ...questionParameters(byUser), slices, slice, linked: isApart ? 'without' : 'all' }
    const done = await pass('user', parts, own)
    if (!done.ok) return done
  }
  const whole = { slices: 1, slice: 0 }
  if (byUser.length > 0 && slices > 1 && hasLinks) {
    const done = await pass('user', change, { ...questionParameters(byUser), ...whole, linked: 'only' })
    if (!done.ok) return done
  }
  if (byUnit.length > 0) {
    const done = await pass('unit', change, { ...questionParameters(byUnit), ...whole, linked: 'all' })
    if (!done.ok) return done
  }
  return ok(contributions)
}

const run = (clickHouse: ClickHouse, names: readonly string[], values: Parameters) =>
  clickHouse.run(`${names.at(-1)}.sql`, statementOf(...names), values)

/** The sums of contributions. */
export async function addUp(
  contributions: readonly string[],
  clickHouse: ClickHouse,
): Promise<Result<Totals, Failure>> {
  const glob = globOf(contributions)
  if (!glob.ok) return glob
  const values = { contributions: glob.value, contributionColumns }
  return clickHouse.rows('variations.sql', variationsOfKept(), Variation, values)
}

/** Writes the contributions as one file, and resolves to it. */
export async function merge(
  contributions: readonly string[],
  { clickHouse, folder }: Counting,
): Promise<Result<string, Failure>> {
  const glob = globOf(contributions)
  if (!glob.ok) return glob
  const target = path.join(folder, `contributions-${randomUUID()}.native`)
  const values = { contributions: glob.value, contributionColumns, target }
  const done = await run(clickHouse, ['into', 'merge'], values)
  return done.ok ? ok(target) : done
}
