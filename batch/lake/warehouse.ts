// The queries of analytics/sql over the objects of the lake, in ClickHouse inside this process or on a
// server.
import type * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from './cache.ts'
import { type ClickHouse, type Parameters, sqlFile } from './clickhouse.ts'
import { onDisk, type RecordSource } from './record-source.ts'

/** A query of analytics/sql and the shape of its rows. */
export interface Query<Row> {
  /** Of the file, without `.sql`. */
  readonly name: string
  readonly row: z.ZodType<Row>
}

export interface Warehouse {
  /** What rows are computed by, besides their parameters and files. */
  sqlOf(query: Pick<Query<unknown>, 'name'>): string
  /** `parameters` are what the query names as `{name:Type}`, besides those of lake.sql and of the source. */
  query<Row>(query: Query<Row>, files: RecordFiles, parameters: Parameters): Promise<Result<Row[], Failure>>
}

/** `clickHouse` must be where the source's records can be read: a server reads no files of this machine. */
export function openWarehouse(
  clickHouse: Pick<ClickHouse, 'rows'>,
  source: RecordSource = onDisk,
): Warehouse {
  const sqlOf = ({ name }: { readonly name: string }) => queryText(name, source)
  return {
    sqlOf,
    async query(query, files, parameters) {
      const raw = source.pattern(files.raw)
      if (!raw.ok) return raw
      const parts = source.pattern(files.parts.map(({ file }) => file))
      if (!parts.ok) return parts
      return clickHouse.rows(`${query.name}.sql`, sqlOf(query), query.row, {
        ...parameters,
        ...source.values,
        files: raw.value,
        parts: parts.value,
        columns: recordColumns,
      })
    },
  }
}

/** Every query continues lake.sql, which continues its source. */
export const queryText = (name: string, { name: source }: Pick<RecordSource, 'name'> = onDisk) =>
  [`sources/${source}`, 'lake', name].map(sqlFile).join('')
