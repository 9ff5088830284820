// ClickHouse inside this process (chdb): runs the files of analytics/sql. chdb is 540 MB and optional, so it
// is loaded with the first statement.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type * as z from 'zod'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'

type Chdb = Pick<typeof import('chdb'), 'queryBindAsync'>

export const loadChdb = (): Promise<Chdb> => import('chdb')

/** What a statement names as `{name:Type}`. */
export type Parameters = Readonly<Record<string, string | number | readonly string[]>>

export interface ClickHouse {
  /** `name` is for messages: `export.sql`. */
  rows<Row>(
    name: string,
    sql: string,
    row: z.ZodType<Row>,
    values: Parameters,
  ): Promise<Result<Row[], Failure>>
  run(name: string, sql: string, values: Parameters): Promise<Result<void, Failure>>
}

export function openClickHouse(load: () => Promise<Chdb>): ClickHouse {
  let loading: Promise<Result<Chdb, Failure>> | undefined

  async function answer(name: string, sql: string, values: Parameters): Promise<Result<string, Failure>> {
    loading ??= load().then(ok, missing)
    const chdb = await loading
    if (!chdb.ok) return chdb
    try {
      return ok((await chdb.value.queryBindAsync(sql, values, { format: 'JSONEachRow' })).text())
    } catch (error) {
      return fail('job', `ClickHouse could not answer ${name}: ${reasonOf(error)}`)
    }
  }

  return {
    async rows(name, sql, row, values) {
      const text = await answer(name, sql, values)
      return text.ok ? toRows(name, text.value, row) : text
    },
    async run(name, sql, values) {
      const text = await answer(name, sql, values)
      return text.ok ? ok(undefined) : text
    },
  }
}

/** Lines of JSONEachRow as rows. */
export function toRows<Row>(name: string, text: string, row: z.ZodType<Row>): Result<Row[], Failure> {
  try {
    const lines = text.split('\n').filter(Boolean)
    return ok(lines.map((line) => row.parse(JSON.parse(line))))
  } catch (error) {
    return fail('job', `ClickHouse could not answer ${name}: ${reasonOf(error)}`)
  }
}

const missing = (error: unknown) =>
  fail(
    'chdb-missing',
    'Events are counted with chdb (ClickHouse in a package, for Linux with glibc and for macOS), which is ' +
      `not installed here: run "npm install --include=optional". (${reasonOf(error).split('\n')[0]})`,
  )

const sqlFolder = path.join(import.meta.dirname, '..', '..', 'analytics', 'sql')

/** The text of a file of analytics/sql, named without `.sql`. */
export const sqlFile = (name: string) => readFileSync(path.join(sqlFolder, `${name}.sql`), 'utf8')

/**
 * One pattern for all files: `/{lake/a,lake/b}`. For an empty list it matches nothing, and ClickHouse reads
 * no rows.
 */
export function globOf(files: readonly string[]): Result<string, Failure> {
  // Refused, because ClickHouse's globs have no escapes.
  const odd = files.find((file) => /[{},*?[\]\\]/.test(file))
  if (odd !== undefined)
    return fail(
      'job',
      `ClickHouse takes a character of this path for a pattern, so the lake's cache cannot be there: ${odd}`,
    )
  return ok(`/{${files.map((file) => file.slice(1)).join(',')}}`)
}
