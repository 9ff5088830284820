// What the dialects need of the world, and nothing more. Adapters: workers/edge and workers/storage.
import type { EventRecord } from '../../analytics/records.ts'
import type { AssignedVariations, Assignment } from '../../core/evaluation/assignment.ts'
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { Feed } from '../streams/feed.ts'

export type Reading =
  | {
      readonly status: 'ready'
      readonly compiled: CompiledSnapshot
      /** How long nobody could confirm that it is the newest; 0 where that is no matter. */
      readonly staleMs: number
    }
  /** There is no such environment. */
  | { readonly status: 'unknown' }
  /** No copy is to be had anywhere at the moment. */
  | { readonly status: 'unavailable' }

export interface SnapshotSource {
  /**
   * At once where a copy is in memory. A revision asked for is waited for, not for long; what is answered may
   * be older.
   */
  read(environmentId: string, atLeast?: number): Reading | Promise<Reading>
}

export interface EventSink {
  /** True when every record is in the queue; false means: none may be acknowledged, try again. */
  send(records: readonly EventRecord[]): Promise<boolean>
}

/** Keys that clients brought along from another system: their texts do not name an environment. */
export type ForeignEnvironment =
  | { readonly status: 'known'; readonly environmentId: string }
  /** It leads nowhere. */
  | { readonly status: 'unknown' }
  /** Nobody can tell at the moment. */
  | { readonly status: 'unavailable' }

export interface ForeignKeys {
  /** Whether an answer is at hand. */
  knows(sha256: string): boolean
  environmentOf(sha256: string): Promise<ForeignEnvironment>
}

export interface RateLimits {
  /** At once: whoever was over the limit a moment ago is refused. */
  allows(kind: 'key' | 'address', id: string): boolean
}

/** What was assigned to somebody, by name: a visitor, or a group that decides as one. */
export interface Assignments {
  /** In the order of the names; undefined where it cannot be had at the moment. */
  read(environmentId: string, whos: readonly string[]): Promise<readonly AssignedVariations[] | undefined>
  /** Behind the answer. What is there already stays. */
  keep(environmentId: string, whos: readonly string[], fresh: readonly Assignment[]): void
}

export interface Ports {
  readonly snapshots: SnapshotSource
  readonly foreignKeys: ForeignKeys
  readonly limits: RateLimits
  readonly events: EventSink
  readonly assignments: Assignments
  /** Lets work go on after the answer. */
  readonly defer: (work: Promise<unknown>) => void
  /** Revisions as they are published. */
  readonly feed: Feed
  /** Signs exposure tokens; undefined where none are given out. */
  readonly exposureSecret: string | undefined
  /** Epoch milliseconds. */
  readonly now: () => number
}
