// What the dialects need of the world, and nothing more. Adapters: workers/edge and workers/storage.
import type { EventRecord } from '../analytics/records.ts'
import type { CompiledSnapshot } from '../core/compile.ts'

export type Reading =
  | { readonly status: 'ready'; readonly compiled: CompiledSnapshot }
  /** There is no such environment. */
  | { readonly status: 'unknown' }
  /** No copy is to be had anywhere at the moment. */
  | { readonly status: 'unavailable' }

export interface SnapshotSource {
  /** At once where a copy is in memory. */
  read(environmentId: string): Reading | Promise<Reading>
}

export interface EventSink {
  /** True when every record is in the queue; false means: none may be acknowledged, try again. */
  send(records: readonly EventRecord[]): Promise<boolean>
}

export interface Ports {
  readonly snapshots: SnapshotSource
  readonly events: EventSink
  /** Epoch milliseconds. */
  readonly now: () => number
}
