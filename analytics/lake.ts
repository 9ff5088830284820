// Where records lie in R2: one gzipped NDJSON object per environment, hour of receipt and ingested batch. The
// name is the digest of the content, so a redelivered batch overwrites itself.
import type { EventRecord } from './records.ts'

export const lakeRoot = 'events/v1'

/** `hour` is of the receipt, in UTC: `2026-11-21T09`. */
export function lakeKey(environmentId: string, hour: string, digest: string): string {
  const [day, clock] = hour.split('T')
  return `${environmentPrefix(environmentId)}day=${day}/hour=${clock}/${digest}.ndjson.gz`
}

export const environmentPrefix = (environmentId: string) => `${lakeRoot}/environment=${environmentId}/`

export const dayPrefix = (environmentId: string, day: string) =>
  `${environmentPrefix(environmentId)}day=${day}/`

export interface Portion {
  readonly environmentId: string
  readonly hour: string
  readonly records: readonly EventRecord[]
}

/**
 * Records by environment and hour of receipt, each portion sorted by id, so that equal sets give equal bytes.
 */
export function portions(records: readonly EventRecord[]): Portion[] {
  const byPlace = Map.groupBy(
    records,
    ({ environmentId, receivedAt }) => `${environmentId} ${toHour(receivedAt)}`,
  )
  return [...byPlace].map(([place, group]) => {
    const [environmentId = '', hour = ''] = place.split(' ')
    return {
      environmentId,
      hour,
      records: group.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
    }
  })
}

export const toNdjson = (records: readonly EventRecord[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')

const toHour = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 13)

/** Every UTC day that [from, to] touches, as `2026-11-21`. */
export function daysBetween(from: number, to: number): string[] {
  const dayMs = 86_400_000
  const days: string[] = []
  for (let day = Math.floor(from / dayMs); day <= Math.floor(to / dayMs); day++) {
    days.push(new Date(day * dayMs).toISOString().slice(0, 10))
  }
  return days
}
