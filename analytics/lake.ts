// Where records are stored in R2: one gzipped NDJSON object per environment, hour of receipt and ingested
// batch (a raw object), until the runner compacts the objects of a day of receipt into Parquet (parts).
// Objects are named after the digest of their content, so a redelivered batch overwrites itself. manifest.ts
// says which of them a reader takes.
import type { EventEnvelope } from './records.ts'

export const lakeRoot = 'events/v1'

/** `hour` is the hour of receipt in UTC: `2026-11-21T09`. */
export function lakeKey(environmentId: string, hour: string, digest: string): string {
  const [day, clock] = hour.split('T')
  return `${environmentPrefix(environmentId)}day=${day}/hour=${clock}/${digest}.ndjson.gz`
}

export const environmentPrefix = (environmentId: string) => `${lakeRoot}/environment=${environmentId}/`

export const dayPrefix = (environmentId: string, day: string) =>
  `${environmentPrefix(environmentId)}day=${day}/`

export const partsRoot = 'events/v2'

export const partsPrefix = (environmentId: string) => `${partsRoot}/environment=${environmentId}/`

export const partsDayPrefix = (environmentId: string, day: string) =>
  `${partsPrefix(environmentId)}day=${day}/`

export const manifestKey = (environmentId: string, day: string) =>
  `${partsDayPrefix(environmentId, day)}manifest.json`

/** `run` is when its compaction began, in epoch milliseconds; `digest` is the SHA-256 of the file. */
export const partName = (run: number, bucket: number, digest: string) =>
  `part-${run}-${String(bucket).padStart(2, '0')}-${digest}.parquet`

/** The run in the name of a part; undefined if it is no part. */
export function runOfPart(key: string): number | undefined {
  const [, run] = /\/part-(\d{1,15})-\d\d-[0-9a-f]{64}\.parquet$/.exec(key) ?? []
  return run === undefined ? undefined : Number(run)
}

/** `2026-11-21`; undefined if the key is not of a day. */
export const dayOfKey = (key: string): string | undefined => /\/day=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1]

/** Messages and records that ingest cannot read. */
export const badKey = (day: string, digest: string) => `${badPrefix}day=${day}/${digest}.json`
export const badPrefix = 'bad/'

export const deadLetterPrefix = 'dead-letters/'
/** Messages that ingest could not store for days, one JSON line each, gzipped. */
export const deadLetterKey = (day: string, digest: string) =>
  `${deadLetterPrefix}day=${day}/${digest}.ndjson.gz`

/** A record and its JSON, which is its line in the lake without the line feed. */
export interface Line {
  readonly record: EventEnvelope
  readonly text: string
}

export const toLine = (record: EventEnvelope): Line => ({ record, text: JSON.stringify(record) })

/** The lines of one object. */
export interface Portion {
  readonly environmentId: string
  readonly hour: string
  readonly lines: readonly Line[]
}

/**
 * What makes two records the same event: an id is unique among the events of one user and kind only, because
 * some clients draw weak random numbers. The queries count by the same.
 */
export const identityOf = ({
  environmentId,
  kind,
  targetingKey,
  id,
}: Pick<EventEnvelope, 'environmentId' | 'kind' | 'targetingKey' | 'id'>): string =>
  JSON.stringify([environmentId, kind, targetingKey, id])

/**
 * Lines by environment and hour of receipt, each portion sorted by id and then by text, so that equal sets
 * give equal bytes.
 */
export function portions(lines: readonly Line[]): Portion[] {
  const groups = Map.groupBy(
    lines,
    ({ record: { environmentId, receivedAt } }) => `${environmentId} ${toHour(receivedAt)}`,
  )
  return [...groups].map(([group, own]) => {
    const [environmentId = '', hour = ''] = group.split(' ')
    return {
      environmentId,
      hour,
      lines: own.toSorted((a, b) => compare(a.record.id, b.record.id) || compare(a.text, b.text)),
    }
  })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The content of an object. */
export const textOf = ({ lines }: Portion): string => lines.map(({ text }) => `${text}\n`).join('')

export const toNdjson = (records: readonly object[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')

export const toHour = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 13)

/** Every UTC day from `from` to `to` (epoch milliseconds, both inclusive), as `2026-11-21`. */
export function daysBetween(from: number, to: number): string[] {
  const dayMs = 86_400_000
  const days: string[] = []
  for (let day = Math.floor(from / dayMs); day <= Math.floor(to / dayMs); day++) {
    days.push(new Date(day * dayMs).toISOString().slice(0, 10))
  }
  return days
}
