// When each variation of a flag was last met: what tells a flag that nobody asks for any more from one that
// lives.
import type { EventRecord } from './records.ts'

export interface Seen {
  readonly environmentId: string
  readonly flagKey: string
  readonly variationId: string
  /** Epoch milliseconds, by edge's clock: clients' clocks may be years off. */
  readonly at: number
}

/** One entry per environment, flag and variation that users were exposed to. */
export function lastSeen(records: readonly EventRecord[]): Seen[] {
  const found = new Map<string, Seen>()
  for (const record of records) {
    if (record.kind !== 'exposure') continue
    const { environmentId, flagKey, variationId, receivedAt: at } = record
    const name = JSON.stringify([environmentId, flagKey, variationId])
    if (at > (found.get(name)?.at ?? -Infinity)) found.set(name, { environmentId, flagKey, variationId, at })
  }
  return [...found.values()]
}
