// One count of all questions over some objects of the lake: full, or of what changed since the run before.
// What it finds are contributions: files whose sums are the counts.
import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { PartFile, RecordFiles } from '../lake/cache.ts'
import { type ClickHouse, globOf, type Parameters } from '../lake/clickhouse.ts'
import { contributionColumns, exposureColumns, goalColumns, linkColumns, preparedColumns } from './columns.ts'
import { linkRows, resolveLinks } from './links.ts'
import { type CountedFiles, projectionGlobs } from './projections.ts'
import { type Asked, questionParameters } from './question.ts'
import { sliceOf, slicesOf } from './slices.ts'
import { statementOf, variationsOfKept } from './statements.ts'
import { LinkRow, timeOffset, type Tolerances, type Totals, usualTolerances, Variation } from './totals.ts'

/** What there is, and what of it was there in the run before. */
export interface Change {
  readonly added: CountedFiles
  readonly kept: CountedFiles
  readonly removed: CountedFiles
}

const fromParts = ['sources/disk', 'part-records', 'events']
const nothing: CountedFiles = { raw: [], parts: [] }
/** So many raw objects are read by one statement: a pattern of all names has to be read as one text. */
const rawObjectsMax = 5_000
export interface Counting {
  readonly clickHouse: ClickHouse
  /** Projections are here, and contributions are written here. */
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
  asked: readonly Asked[],
  isFull: boolean,
  { clickHouse, folder, tolerances = usualTolerances, sliceRecordsMax }: Counting,
): Promise<Result<string[], Failure>> {
  const prepared = await prepareRaw(scratch, change, clickHouse)
  if (!prepared.ok) return prepared
  const links = path.join(scratch, 'links.ndjson')
  const linked = await writeLinks(links, prepared.value, change, clickHouse)
  if (!linked.ok) return linked
  const common = {
    ...questionParameters(asked),
    prepared: prepared.value,
    preparedColumns,
    exposureColumns,
    goalColumns,
    links,
    linkColumns,
    users: path.join(scratch, 'users.native'),
    isFull: isFull ? 1 : 0,
    timeOffset,
    ...tolerances,
  }
  if (!isFull) {
    const changed = projectionGlobs(folder, [...change.added.parts, ...change.removed.parts])
    if (!changed.ok) return changed
    const { exposures, goals } = changed.value
    const values = { ...common, changedExposures: exposures, changedGoals: goals, target: common.users }
    const done = await run(clickHouse, ['into', 'concerned'], values)
    if (!done.ok) return done
  }
  const hasLinks = linked.value > 0
  const contributions: string[] = []
  const pass = async (by: 'user' | 'unit', parts: Change, own: Parameters) => {
    const target = path.join(folder, `contributions-${randomUUID()}.native`)
    const found = projectionsOf(parts, folder)
    if (!found.ok) return found
    const beginning = ['into', 'of-files', hasLinks ? 'linked' : 'unlinked']
    const sql = [...beginning, 'questions', `by-${by}`, 'firsts', 'outcomes', 'contributed']
    const done = await run(clickHouse, sql, { ...common, ...found.value, ...own, target })
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

const noFile = '/{}'

/** What was projected of parts that came, stayed and went. */
function projectionsOf(change: Change, folder: string): Result<Parameters, Failure> {
  const globs: Record<string, string> = {}
  for (const which of ['added', 'kept', 'removed'] as const) {
    const found = projectionGlobs(folder, change[which].parts)
    if (!found.ok) return found
    globs[`${which}Exposures`] = found.value.exposures
    globs[`${which}Goals`] = found.value.goals
  }
  return ok(globs)
}

/** All parts as they were stored, and which of them came or went. */
function partsOf(change: Record<keyof Change, readonly PartFile[]>): Result<Parameters, Failure> {
  const { added, kept, removed } = change
  const glob = globOf([...added, ...kept, ...removed].map(({ file }) => file))
  if (!glob.ok) return glob
  const namesOf = (parts: readonly PartFile[]) => parts.map(({ file }) => path.basename(file))
  return ok({ files: noFile, parts: glob.value, addedParts: namesOf(added), removedParts: namesOf(removed) })
}

/** Projects raw objects once, because every pass reads them. Resolves to a pattern of files. */
async function prepareRaw(
  scratch: string,
  { added, kept, removed }: Change,
  clickHouse: ClickHouse,
): Promise<Result<string, Failure>> {
  const written: string[] = []
  for (const [files, sides] of [
    [added.raw, '[1]'],
    [kept.raw, '[-1, 1]'],
    [removed.raw, '[-1]'],
  ] as const)
    for (let i = 0; i < files.length; i += rawObjectsMax) {
      const raw = globOf(files.slice(i, i + rawObjectsMax))
      if (!raw.ok) return raw
      const target = path.join(scratch, `raw-${written.length}.native`)
      const values = { files: raw.value, parts: noFile, rawSides: sides, columns: recordColumns, target }
      const done = await run(clickHouse, ['into', 'sources/disk', 'raw-records', 'events', 'prepare'], values)
      if (!done.ok) return done
      written.push(target)
    }
  return globOf(written)
}

/** Resolves to how many users are linked. */
async function writeLinks(
  file: string,
  prepared: string,
  change: Change,
  clickHouse: ClickHouse,
): Promise<Result<number, Failure>> {
  const withAliases = ({ parts }: RecordFiles) =>
    parts.filter(({ part }: PartFile) => (part.records['alias'] ?? 0) > 0)
  const { added, kept, removed } = change
  const parts = partsOf({ added: withAliases(added), kept: withAliases(kept), removed: withAliases(removed) })
  if (!parts.ok) return parts
  const values = { ...parts.value, isFull: 0, prepared, preparedColumns, columns: recordColumns }
  const isNone = prepared === noFile && parts.value['parts'] === noFile
  const found = isNone
    ? ok([])
    : await clickHouse.rows(
        'aliases.sql',
        statementOf(...fromParts, 'aliases-of-change', 'aliases'),
        LinkRow,
        values,
      )
  if (!found.ok) return found
  const membersOf = (wanted: number) =>
    resolveLinks(found.value.filter(({ side }): boolean => side === wanted))
  const rows = linkRows(membersOf(-1), membersOf(1))
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return ok(rows.length)
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
