// Where records are stored in R2: one gzipped NDJSON object per environment, hour of receipt and ingested
// batch. An object is named after the digest of its content, so a redelivered batch overwrites itself.
import type { EventRecord } from './records.ts'

export const lakeRoot = 'events/v1'

/**
 * Objects are filed by time of receipt, but counted by `at`. An event is counted if it is received at most
 * this long after it happened, for instance by a phone that was offline.
 */
export const receivedLateMaxMs = 2 * 24 * 60 * 60 * 1000
/** A client's clock may be ahead of ours by this much: the event is then received before it "happens". */
export const clockAheadMaxMs = 60 * 60 * 1000

/** `hour` is the hour of receipt in UTC: `2026-11-21T09`. */
export function lakeKey(environmentId: string, hour: string, digest: string): string {
  const [day, clock] = hour.split('T')
  return `${environmentPrefix(environmentId)}day=${day}/hour=${clock}/${digest}.ndjson.gz`
}

export const environmentPrefix = (environmentId: string) => `${lakeRoot}/environment=${environmentId}/`

export const dayPrefix = (environmentId: string, day: string) =>
  `${environmentPrefix(environmentId)}day=${day}/`

/** The records of one object. */
export interface Portion {
  readonly environmentId: string
  readonly hour: string
  readonly records: readonly EventRecord[]
}

/**
 * Records by environment and hour of receipt, each portion sorted by id, so that equal sets give equal bytes.
 */
export function portions(records: readonly EventRecord[]): Portion[] {
  const groups = Map.groupBy(
    records,
    ({ environmentId, receivedAt }) => `${environmentId} ${toHour(receivedAt)}`,
  )
  return [...groups].map(([group, own]) => {
    const [environmentId = '', hour = ''] = group.split(' ')
    return {
      environmentId,
      hour,
      records: own.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
    }
  })
}

export const toNdjson = (records: readonly EventRecord[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')

const toHour = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 13)

/** Every UTC day from `from` to `to` (epoch milliseconds, both inclusive), as `2026-11-21`. */
export function daysBetween(from: number, to: number): string[] {
  const dayMs = 86_400_000
  const days: string[] = []
  for (let day = Math.floor(from / dayMs); day <= Math.floor(to / dayMs); day++) {
    days.push(new Date(day * dayMs).toISOString().slice(0, 10))
  }
  return days
}
