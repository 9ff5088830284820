import type { Notifier } from '../streams/notifier.ts'
import type { Environment } from './environment.ts'

export interface ControlBindings {
  readonly DB: D1Database
  readonly SNAPSHOTS: KVNamespace
  readonly LAKE: R2Bucket
  readonly ENVIRONMENT: DurableObjectNamespace<Environment>
  readonly NOTIFIER: DurableObjectNamespace<Notifier>
  readonly ASSETS: Fetcher
  /** `<team>.cloudflareaccess.com`, and the tag of the application; empty where Access is not used. */
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUDIENCE?: string
}
