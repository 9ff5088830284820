// What statements read besides projections, written to files of one count: raw objects as numbers, and who
// counts as one.
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { PartFile, RecordFiles, Window } from '../lake/cache.ts'
import { type ClickHouse, globOf, type Parameters } from '../lake/clickhouse.ts'
import { preparedColumns } from './columns.ts'
import { linkRows, personsOfSides } from './link-rows.ts'
import { statementOf } from './statements.ts'

/** What came since the run before, what stayed, and what went. */
export interface ChangeOf<Files> {
  readonly added: Files
  readonly kept: Files
  readonly removed: Files
}

/** A pattern that matches nothing. */
export const noFile = '/{}'
/** So many raw objects are read by one statement: a pattern of all names has to be read as one text. */
const rawObjectsMax = 5_000

/** Projects raw objects once, because every pass reads them. Resolves to a pattern of files. */
export async function prepareRaw(
  scratch: string,
  { added, kept, removed }: ChangeOf<RecordFiles>,
  clickHouse: ClickHouse,
): Promise<Result<string, Failure>> {
  const written: string[] = []
  const text = statementOf('into', 'sources/disk', 'raw-records', 'events', 'prepare')
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
      const done = await clickHouse.run('prepare.sql', text, values)
      if (!done.ok) return done
      written.push(target)
    }
  return globOf(written)
}

export interface WrittenLinks {
  readonly hasLinks: boolean
  /** For each window, in their order: whose persons count (link-scopes.ts). */
  readonly scopes: readonly (readonly number[])[]
}

/** `prepared` is what prepareRaw made of the same files. `windows`: the links that each question follows. */
export async function writeLinks(
  file: string,
  prepared: string,
  change: ChangeOf<RecordFiles>,
  windows: readonly Window[],
  clickHouse: ClickHouse,
): Promise<Result<WrittenLinks, Failure>> {
  const parts = partsWithAliases(change)
  if (!parts.ok) return parts
  const target = `${file}.aliases`
  const linkFroms = linkFromsOf(windows)
  const read = { isFull: 0, prepared, preparedColumns, columns: recordColumns }
  const values = { ...parts.value, ...read, linkFroms, target }
  if (prepared !== noFile || parts.value['parts'] !== noFile) {
    const text = statementOf(
      'into-rows',
      'sources/disk',
      'part-records',
      'events',
      'aliases-of-change',
      'aliases',
    )
    const done = await clickHouse.run('aliases.sql', text, values)
    if (!done.ok) return done
  } else await writeFile(target, '')
  const aliases = await readFile(target)
  await rm(target)
  const persons = personsOfSides(aliases, windows)
  const rows = linkRows(persons)
  await writeFile(file, rows)
  return ok({ hasLinks: rows.length > 0, scopes: persons.scopes })
}

/** As a parameter of counting/aliases.sql. */
export const linkFromsOf = (windows: readonly Window[]) => [...new Set(windows.map(({ from }) => `${from}`))]

function partsWithAliases({ added, kept, removed }: ChangeOf<RecordFiles>): Result<Parameters, Failure> {
  const of = ({ parts }: RecordFiles) =>
    parts.filter(({ part }: PartFile) => (part.records['alias'] ?? 0) > 0).map(({ file }) => file)
  const glob = globOf([...of(added), ...of(kept), ...of(removed)])
  if (!glob.ok) return glob
  const namesOf = (files: RecordFiles) => of(files).map((file) => path.basename(file))
  return ok({ files: noFile, parts: glob.value, addedParts: namesOf(added), removedParts: namesOf(removed) })
}
