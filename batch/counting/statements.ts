// The statements of a count, put together of the files of analytics/sql/counting.
import { sqlFile } from '../lake/clickhouse.ts'

/** Each file says what it continues. */
export const statementOf = (...names: readonly string[]): string =>
  names.map((name) => sqlFile(name.includes('/') ? name : `counting/${name}`)).join('')

/** With the sums of kept contributions as `totals`. */
export const variationsOfKept = (): string =>
  `WITH totals AS (${statementOf('merge')})${statementOf('variations')}`
