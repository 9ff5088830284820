// Counts of the last run, kept on disk: a query over the same objects with the same parameters is not asked
// again. Objects never change, so their names stand for their content.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok } from '../../core/model/problem.ts'
import { readSealed, writeSealed } from './sealed-file.ts'
import type { Warehouse } from './warehouse.ts'

export function rememberCounts(warehouse: Warehouse, folder: string): Warehouse {
  return {
    sqlOf: (query) => warehouse.sqlOf(query),
    async query(query, files, parameters) {
      // One file per question, so the folder does not grow with time. It says what it was computed from.
      const names = [...files.raw, ...files.parts.map(({ file }) => file)]
      const environment = /environment=[^/]+/.exec(names[0] ?? '')?.[0]
      const question = digestOf([environment, query.name, parameters])
      const input = digestOf([warehouse.sqlOf(query), recordColumns, names])
      const file = path.join(folder, 'counts', `${question}.json`)
      const known = await readAnswer(file, query.row)
      if (known?.input === input) return ok(known.rows)
      const rows = await warehouse.query(query, files, parameters)
      // A full disk costs the next run a query, and this one nothing.
      if (rows.ok) await writeSealed(file, { input, rows: rows.value }).catch(() => undefined)
      return rows
    },
  }
}

const digestOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('hex')

/** Undefined if there is none, or none of this release. */
async function readAnswer<Row>(file: string, row: z.ZodType<Row>) {
  return z.object({ input: z.string(), rows: z.array(row) }).safeParse(await readSealed(file)).data
}
