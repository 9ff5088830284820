// What several questions count in one statement over all users: holdouts, dynamic allocations.
import type * as z from 'zod'
import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, Window } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { countsFile } from './kept-rows.ts'
import { keptSums, type Recounting, type Sums } from './kept-sums.ts'
import { linkWindowOf, windowOf, withCopies } from './question.ts'
import { everybody, type OpenRecords, type ReaderOf, type Reading } from './record-reader.ts'
import { statementOf } from './statements.ts'
import { usualTolerances } from './totals.ts'

export interface CountOnceOptions {
  readonly clickHouse: Pick<ClickHouse, 'rows'>
  readonly readerOf: ReaderOf
  readonly lake: LakeCache
  /** The cache's folder. */
  readonly root: string
}

export interface OneStatement<Row> {
  /** Of the file in analytics/sql/counting that ends the statement. */
  readonly name: string
  readonly row: z.ZodType<Row>
  /** Of each question: its events and its links. */
  readonly windows: readonly Window[]
  readonly flags: readonly string[]
  readonly events: readonly string[]
  /** Parameters by the scopes of each question (link-scopes.ts). */
  readonly values: (scopes: readonly (readonly number[])[]) => Parameters
  /** Adds up what an incremental count adds; undefined: all users are counted whenever an object came. */
  readonly add?: (rows: readonly Row[]) => readonly Row[]
}

/** Rows are kept: nothing is counted again if no object came or went and the questions are the same. */
export const countOnce = <Row>(
  options: CountOnceOptions & Recounting,
  environmentId: string,
  statement: OneStatement<Row>,
): Promise<Result<readonly Row[], Failure>> =>
  countAgainIfDamaged(options.lake, environmentId, (isAgain) =>
    countKept(options, environmentId, isAgain, statement),
  )

async function countKept<Row>(
  { clickHouse, readerOf, lake, root, now, recount, onRecounted }: CountOnceOptions & Recounting,
  environmentId: string,
  isAgain: boolean,
  { name, row, windows, flags, events, values, add }: OneStatement<Row>,
): Promise<Result<readonly Row[], Failure>> {
  const asked = windows.map(({ from, to }) => ({ start: from, end: to }))
  const all = windowOf(asked)
  const files = await lake.files(environmentId, withCopies(all))
  if (!files.ok) return files
  const reader = readerOf(environmentId, isAgain)
  const wanted = {
    flags: [...new Set(flags)],
    events: [...new Set(events)],
    windows: asked.map((window) => linkWindowOf(window, usualTolerances)),
  }
  const common = { ...everybody, flags: wanted.flags, events: wanted.events, from: all.from }
  const textOf = (beginning: readonly string[]) => statementOf(...beginning, name)
  const rowsOf = (reading: Reading, scopes: OpenRecords['scopes']) =>
    clickHouse.rows(`${name}.sql`, textOf(reading.beginning), row, {
      ...reading.values,
      ...usualTolerances,
      ...common,
      ...values(scopes),
    })
  const sums: Sums<Row> = {
    texts: reader.beginnings.map(textOf),
    asked: [windows, wanted, values(windows.map(() => []))],
    files: files.value,
    row,
    add: add ?? ((rows) => rows),
    full: () =>
      reader.read(files.value, files.value, wanted.windows, async ({ reading, scopes }) => {
        const read = reading(1, 0)
        return read.ok ? rowsOf(read.value, scopes) : read
      }),
    change: async (before) =>
      add && reader.readChange?.(before, files.value, wanted, usualTolerances, rowsOf),
  }
  return keptSums(countsFile(root, environmentId, name), sums, { now, recount }, (differs) =>
    onRecounted?.(environmentId, name, differs),
  )
}

/** Rows as a parameter for format(JSONEachRow). */
export const linesOf = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n')
