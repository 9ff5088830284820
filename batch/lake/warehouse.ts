// ClickHouse inside this process (chdb), over the cached objects of the lake. chdb is 540 MB and optional, so
// it is loaded with the first query.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'

/** A query of analytics/sql and the shape of its rows. */
export interface Query<Row> {
  /** Of the file, without `.sql`. */
  readonly name: string
  readonly row: z.ZodType<Row>
}

export interface Warehouse {
  /** `parameters` are what the query names as `{name:Type}`, besides `files` and `columns`. */
  query<Row>(
    query: Query<Row>,
    files: readonly string[],
    parameters: Readonly<Record<string, string | number>>,
  ): Promise<Result<Row[], Failure>>
}

type Chdb = Pick<typeof import('chdb'), 'queryBindAsync'>

export const loadChdb = (): Promise<Chdb> => import('chdb')

export function openWarehouse(load: () => Promise<Chdb>): Warehouse {
  let loading: Promise<Result<Chdb, Failure>> | undefined
  return {
    async query(query, files, parameters) {
      const glob = globOf(files)
      if (!glob.ok) return glob
      loading ??= load().then(ok, missing)
      const chdb = await loading
      if (!chdb.ok) return chdb
      try {
        const bound = { ...parameters, files: glob.value, columns: recordColumns }
        const answer = await chdb.value.queryBindAsync(sqlOf(query.name), bound, { format: 'JSONEachRow' })
        const rows = answer.text().split('\n').filter(Boolean)
        return ok(rows.map((row) => query.row.parse(JSON.parse(row))))
      } catch (error) {
        return fail('job', `ClickHouse could not answer ${query.name}.sql: ${reasonOf(error)}`)
      }
    },
  }
}

const missing = (error: unknown) =>
  fail(
    'chdb-missing',
    'Events are counted with chdb (ClickHouse in a package, for Linux with glibc and for macOS), which is ' +
      `not installed here: run "npm install --include=optional". (${reasonOf(error).split('\n')[0]})`,
  )

const sqlFolder = path.join(import.meta.dirname, '..', '..', 'analytics', 'sql')

/** Every query continues lake.sql. */
export const sqlOf = (name: string) =>
  ['lake', name].map((part) => readFileSync(path.join(sqlFolder, `${part}.sql`), 'utf8')).join('')

/**
 * One pattern for all files: `/{lake/a,lake/b}`. For an empty list it matches nothing, and ClickHouse reads
 * no rows.
 */
function globOf(files: readonly string[]): Result<string, Failure> {
  // Refused, because ClickHouse's globs have no escapes.
  const odd = files.find((file) => /[{},*?[\]\\]/.test(file))
  if (odd !== undefined)
    return fail(
      'job',
      `ClickHouse takes a character of this path for a pattern, so the lake's cache cannot be there: ${odd}`,
    )
  return ok(`/{${files.map((file) => file.slice(1)).join(',')}}`)
}
