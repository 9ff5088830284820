// The ClickHouse type of each field of a record: the only place where they are given. The table is complete,
// so a new field of a record does not compile until it has a type. Texts that repeat are read as numbers of a
// dictionary, as Parquet has them.
import type { EventRecord } from '../records.ts'

type FieldOf<T> = T extends T ? keyof T : never
type ColumnType =
  | 'String'
  | 'LowCardinality(String)'
  | 'Int64'
  | 'UInt8'
  | 'Float64'
  | 'Bool'
  | 'Map(String, String)'

/** Fields that a kind of record lacks are read as empty or zero, so queries check `kind` first. */
const columns = {
  v: 'UInt8',
  kind: 'LowCardinality(String)',
  id: 'String',
  environmentId: 'String',
  at: 'Int64',
  receivedAt: 'Int64',
  protocol: 'LowCardinality(String)',
  sdk: 'LowCardinality(String)',
  targetingKey: 'String',
  attributes: 'Map(String, String)',
  flagKey: 'LowCardinality(String)',
  flagVersion: 'Int64',
  variationId: 'LowCardinality(String)',
  ruleId: 'LowCardinality(String)',
  event: 'LowCardinality(String)',
  value: 'Float64',
  content: 'String',
  sentAt: 'Int64',
  keyKind: 'LowCardinality(String)',
  source: 'String',
  revision: 'Int64',
  verified: 'Bool',
  unitAttribute: 'LowCardinality(String)',
  unit: 'String',
  type: 'LowCardinality(String)',
  page: 'String',
  currency: 'LowCardinality(String)',
  items: 'Int64',
  previousKey: 'String',
} satisfies Record<FieldOf<EventRecord>, ColumnType>

/** The structure argument of ClickHouse's file(); queries call it `{columns:String}`. */
export const recordColumns = Object.entries(columns)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')

/** The names of the fields that this release knows. */
export const recordFields: readonly string[] = Object.keys(columns)
