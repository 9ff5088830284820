// How ClickHouse reads one line of the lake: the only place where a record's fields meet a column type. A
// table in full, so that a new field of a record does not compile until it has one.
import type { EventRecord } from '../records.ts'

type FieldOf<T> = T extends T ? keyof T : never
type ColumnType = 'String' | 'Int64' | 'UInt8' | 'Float64' | 'Map(String, String)'

/** A field that a kind of record lacks reads as empty or zero: look at `kind` first. */
const columns = {
  v: 'UInt8',
  kind: 'String',
  id: 'String',
  environmentId: 'String',
  at: 'Int64',
  receivedAt: 'Int64',
  protocol: 'String',
  sdk: 'String',
  targetingKey: 'String',
  attributes: 'Map(String, String)',
  flagKey: 'String',
  flagVersion: 'Int64',
  variationId: 'String',
  ruleId: 'String',
  event: 'String',
  value: 'Float64',
  content: 'String',
} satisfies Record<FieldOf<EventRecord>, ColumnType>

/** The structure argument of ClickHouse's file(): `{columns:String}` in every query. */
export const recordColumns = Object.entries(columns)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')
