// The queries of analytics/sql over the cached objects of the lake.
import type * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from './cache.ts'
import { type ClickHouse, globOf, type Parameters, sqlFile } from './clickhouse.ts'

/** A query of analytics/sql and the shape of its rows. */
export interface Query<Row> {
  /** Of the file, without `.sql`. */
  readonly name: string
  readonly row: z.ZodType<Row>
}

export interface Warehouse {
  /** `parameters` are what the query names as `{name:Type}`, besides `files`, `parts` and `columns`. */
  query<Row>(query: Query<Row>, files: RecordFiles, parameters: Parameters): Promise<Result<Row[], Failure>>
}

export function openWarehouse(clickHouse: ClickHouse): Warehouse {
  return {
    async query(query, files, parameters) {
      const raw = globOf(files.raw)
      if (!raw.ok) return raw
      const parts = globOf(files.parts.map(({ file }) => file))
      if (!parts.ok) return parts
      return clickHouse.rows(`${query.name}.sql`, sqlOf(query.name), query.row, {
        ...parameters,
        files: raw.value,
        parts: parts.value,
        columns: recordColumns,
      })
    },
  }
}

/** Every query continues lake.sql. */
export const sqlOf = (name: string) => ['lake', name].map(sqlFile).join('')
