import type { EventMessage } from '../../analytics/records.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import type { Head } from '../contracts/environment-contract.ts'
import type { Notifier } from '../streams/notifier.ts'
import type { ShadowSettings } from './bucketeer-shadow.ts'
import type { RateLimiter } from './rate-limits.ts'

/** The part of the environment's object that edge may call. */
export interface EnvironmentReader {
  head(environmentId: string): Promise<Head>
  snapshot(environmentId: string): Promise<Snapshot | undefined>
  members(environmentId: string, sha256: string): Promise<ArrayBuffer | undefined>
}

export interface EdgeBindings extends ShadowSettings {
  readonly SNAPSHOTS: KVNamespace
  readonly ENVIRONMENT: DurableObjectNamespace
  readonly NOTIFIER: DurableObjectNamespace<Notifier>
  readonly ASSIGNMENTS: DurableObjectNamespace
  readonly EVENTS: Queue<EventMessage>
  readonly CONTROL: Fetcher
  /** Absent where requests are not limited. */
  readonly RATE_BY_KEY?: RateLimiter
  readonly RATE_BY_ADDRESS?: RateLimiter
  /** Absent where requests are not counted. */
  readonly REQUESTS?: AnalyticsEngineDataset
  /** Signs exposure tokens (`wrangler secret put`). Absent where none are given out. */
  readonly EXPOSURE_SECRET?: string
  /** `all`, or `failures` for answers of 500 and above only. */
  readonly LOG_REQUESTS?: string
}
