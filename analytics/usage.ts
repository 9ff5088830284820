// The time of the last exposure of each variation, which shows which flags are no longer used.
import type { EventRecord } from './records.ts'

export interface LastExposure {
  readonly environmentId: string
  readonly flagKey: string
  readonly variationId: string
  /** Epoch milliseconds by edge's clock, because clients' clocks may be wrong by years. */
  readonly at: number
}

/** One entry for each environment, flag and variation that users were exposed to. */
export function lastExposures(records: readonly EventRecord[]): LastExposure[] {
  const newest = new Map<string, LastExposure>()
  for (const record of records) {
    if (record.kind !== 'exposure') continue
    const { environmentId, flagKey, variationId, receivedAt: at } = record
    const name = JSON.stringify([environmentId, flagKey, variationId])
    if (at > (newest.get(name)?.at ?? -Infinity))
      newest.set(name, { environmentId, flagKey, variationId, at })
  }
  return [...newest.values()]
}
