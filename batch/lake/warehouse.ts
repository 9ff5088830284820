// ClickHouse inside this process (chdb), over the lake's objects on disk. It is 540 MB and optional, so it is
// loaded with the first question and not before.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { done, fail, type Outcome, reasonOf } from '../failure.ts'

/** A .sql file beside the records' contract, and the shape of its rows. */
export interface Query<Row> {
  readonly name: string
  readonly row: z.ZodType<Row>
}

export interface Warehouse {
  ask<Row>(
    query: Query<Row>,
    files: readonly string[],
    parameters: Readonly<Record<string, string | number>>,
  ): Promise<Outcome<Row[]>>
}

type Chdb = Pick<typeof import('chdb'), 'queryBindAsync'>

export const loadChdb = (): Promise<Chdb> => import('chdb')

export function openWarehouse(load: () => Promise<Chdb>): Warehouse {
  let loading: Promise<Outcome<Chdb>> | undefined
  return {
    async ask(query, files, parameters) {
      const glob = globOf(files)
      if (!glob.ok) return glob
      loading ??= load().then(done, missing)
      const chdb = await loading
      if (!chdb.ok) return chdb
      try {
        const bound = { ...parameters, files: glob.value, columns: recordColumns }
        const answer = await chdb.value.queryBindAsync(sqlOf(query.name), bound, { format: 'JSONEachRow' })
        const rows = answer.text().split('\n').filter(Boolean)
        return done(rows.map((row) => query.row.parse(JSON.parse(row))))
      } catch (error) {
        return fail('job', `ClickHouse could not answer ${query.name}.sql: ${reasonOf(error)}`)
      }
    },
  }
}

const missing = (error: unknown) =>
  fail(
    'chdb-missing',
    `Events are counted with chdb (ClickHouse in a package, for Linux with glibc and for macOS), which is not installed here: ` +
      `run "npm install --include=optional". (${reasonOf(error).split('\n')[0]})`,
  )

const sqlOf = (name: string) =>
  readFileSync(path.join(import.meta.dirname, '..', '..', 'analytics', 'sql', `${name}.sql`), 'utf8')

/**
 * One path with alternatives: `/lake/{a,b}`. It names no file where the list is empty, and ClickHouse answers
 * for no rows.
 */
function globOf(files: readonly string[]): Outcome<string> {
  // Checked rather than escaped: ClickHouse's globs have no escape.
  const odd = files.find((file) => /[{},*?[\]\\]/.test(file))
  if (odd !== undefined)
    return fail(
      'job',
      `ClickHouse takes a sign in this path for a pattern, so the lake's cache cannot lie here: ${odd}`,
    )
  return done(`/{${files.map((file) => file.slice(1)).join(',')}}`)
}
