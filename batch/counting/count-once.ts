// What several questions count in one statement over all users: holdouts, dynamic allocations.
import type * as z from 'zod'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, Window } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { countsFile, keptRows } from './kept-rows.ts'
import { linkWindowOf, windowOf, withCopies } from './question.ts'
import { everybody, type ReaderOf } from './record-reader.ts'
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
}

/** Rows are kept, so that they are counted again only if an object came or went, or the questions changed. */
export const countOnce = <Row>(
  { clickHouse, readerOf, lake, root }: CountOnceOptions,
  environmentId: string,
  { name, row, windows, flags, events, values }: OneStatement<Row>,
): Promise<Result<readonly Row[], Failure>> =>
  countAgainIfDamaged(lake, environmentId, async (isAgain) => {
    const asked = windows.map(({ from, to }) => ({ start: from, end: to }))
    const all = windowOf(asked)
    const files = await lake.files(environmentId, withCopies(all))
    if (!files.ok) return files
    const reader = readerOf(environmentId, isAgain)
    const textOf = (beginning: readonly string[]) => statementOf(...beginning, name)
    const unscoped = values(windows.map(() => []))
    const input = {
      texts: reader.beginnings.map(textOf),
      files: [files.value],
      asked: [windows, flags, events, unscoped],
    }
    return keptRows(countsFile(root, environmentId, name), input, row, () =>
      reader.read(
        files.value,
        files.value,
        asked.map((window) => linkWindowOf(window, usualTolerances)),
        async ({ reading, scopes }) => {
          const read = reading(1, 0)
          if (!read.ok) return read
          const common = { ...everybody, flags: unique(flags), events: unique(events), from: all.from }
          const found = await clickHouse.rows(`${name}.sql`, textOf(read.value.beginning), row, {
            ...read.value.values,
            ...usualTolerances,
            ...common,
            ...values(scopes),
          })
          return found.ok ? ok(found.value) : found
        },
      ),
    )
  })

const unique = (texts: readonly string[]) => [...new Set(texts)]

/** Rows as a parameter for format(JSONEachRow). */
export const linesOf = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n')
