// The ports through which SDK protocols use the platform. Adapters: workers/edge and workers/storage.
import type { RefusalReason } from '../../analytics/intake.ts'
import type { EventRecord } from '../../analytics/records.ts'
import type { AssignedVariations, Assignment } from '../../core/evaluation/assignment.ts'
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { Problem } from '../../core/model/problem.ts'
import type { Feed } from '../streams/feed.ts'

export type Reading =
  | {
      readonly status: 'ready'
      readonly compiled: CompiledSnapshot
      /**
       * For how long nothing has confirmed that it is the newest, or a newer one could not be published; 0 if
       * that is no concern.
       */
      readonly staleMs: number
    }
  /** There is no such environment. */
  | { readonly status: 'unknown' }
  /** No copy can be read at the moment. */
  | { readonly status: 'unavailable' }

export interface SnapshotSource {
  /**
   * Synchronous if a copy is in memory. Waits for the revision `atLeast` for a short time only: the result
   * may be older.
   */
  read(environmentId: string, atLeast?: number): Reading | Promise<Reading>
  /** How many environments in memory have a newer revision that could not be published. */
  behind?(): number
}

export type Sent =
  /** Every record is in the queue, except those that are too large for it: they can never be. */
  | { readonly ok: true; readonly tooLarge: readonly EventRecord[] }
  /** No record may be acknowledged: the client sends all of them again. */
  | { readonly ok: false; readonly problem: Problem }

export interface EventSink {
  /** All records are of this environment. */
  send(records: readonly EventRecord[], compiled: CompiledSnapshot): Promise<Sent>
  /** Counts events that the protocol refused or dropped itself. */
  countRefused(environmentId: string, reason: RefusalReason, events: number): void
}

/** The environment of a key that was imported from another system, and so does not name it. */
export type ForeignEnvironment =
  | { readonly status: 'known'; readonly environmentId: string }
  /** No environment has the key. */
  | { readonly status: 'unknown' }
  /** KV cannot be read at the moment. */
  | { readonly status: 'unavailable' }

export interface ForeignKeys {
  /** Whether the answer is in memory. */
  knows(sha256: string): boolean
  environmentOf(sha256: string): Promise<ForeignEnvironment>
}

/** Cloudflare's rate-limiting binding. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

export interface RateLimits {
  /** Synchronous, so it refuses by the result of the previous check. */
  allows(kind: 'key' | 'address', id: string): boolean
  /** Counts the records of a request that was let in: a caller that sends many at once asks as often. */
  countRecords(address: string | undefined, records: number): void
}

/** Stored assignments, by the name of a visitor or of a group that decides as one. */
export interface Assignments {
  /** In the order of the names; undefined if they cannot be read at the moment. */
  read(environmentId: string, whos: readonly string[]): Promise<readonly AssignedVariations[] | undefined>
  /** Runs after the response. Existing assignments stay. */
  keep(environmentId: string, whos: readonly string[], fresh: readonly Assignment[]): void
}

export interface Ports {
  readonly snapshots: SnapshotSource
  readonly foreignKeys: ForeignKeys
  readonly limits: RateLimits
  readonly events: EventSink
  readonly assignments: Assignments
  /** Lets work continue after the response. */
  readonly defer: (work: Promise<unknown>) => void
  /** Revisions as they are published. */
  readonly feed: Feed
  /** Signs exposure tokens; undefined if none are issued. */
  readonly exposureSecret: string | undefined
  /** Epoch milliseconds. */
  readonly now: () => number
}
