// What edge is bound to: wrangler.toml. There is no database among it.
import type { Snapshot } from '../../core/model/snapshot.ts'
import type { RateLimiter } from '../contracts/ports.ts'
import type { Head } from '../contracts/environment-contract.ts'
import type { EventQueue } from '../storage/event-queue.ts'
import type { Notifier } from '../streams/notifier.ts'
import type { ShadowSettings } from './bucketeer-shadow.ts'

/** The methods of the environment's Durable Object that edge may call. */
export interface EnvironmentReader {
  head(environmentId: string): Promise<Head>
  snapshot(environmentId: string): Promise<Snapshot | undefined>
  members(environmentId: string, sha256: string): Promise<ArrayBuffer | undefined>
}

/** The Durable Object that lists the environments of the last minutes. */
export interface RecentEnvironmentsReader {
  list(): Promise<string[]>
}

export interface EdgeBindings extends ShadowSettings {
  readonly SNAPSHOTS: KVNamespace
  readonly ENVIRONMENT: DurableObjectNamespace
  readonly NOTIFIER: DurableObjectNamespace<Notifier>
  readonly RECENT: DurableObjectNamespace
  readonly ASSIGNMENTS: DurableObjectNamespace
  readonly EVENTS: EventQueue
  /** More queues that share the load: bindings named `EVENTS_1`, `EVENTS_2`, ... */
  readonly [more: `EVENTS_${number}`]: EventQueue | undefined
  /** Without it, intake is neither counted nor limited. */
  readonly INTAKE?: DurableObjectNamespace
  readonly CONTROL: Fetcher
  /** Without these two bindings, requests are not rate-limited. */
  readonly RATE_BY_KEY?: RateLimiter
  readonly RATE_BY_ADDRESS?: RateLimiter
  /** Without it, requests are not counted. */
  readonly REQUESTS?: AnalyticsEngineDataset
  /** Signs exposure tokens (set by `wrangler secret put`). Without it, no tokens are issued. */
  readonly EXPOSURE_SECRET?: string
  /**
   * Which requests have a log line: those answered with 500 and above, and beside them `all`, a share such as
   * `1%`, or with `failures` no others. Without it, and if it is not understood: `failures`.
   */
  readonly LOG_REQUESTS?: string
}
