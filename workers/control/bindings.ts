import type { Environment } from './environment.ts'

export interface ControlBindings {
  readonly DB: D1Database
  readonly SNAPSHOTS: KVNamespace
  readonly LAKE: R2Bucket
  readonly ENVIRONMENT: DurableObjectNamespace<Environment>
  readonly ASSETS: Fetcher
}
