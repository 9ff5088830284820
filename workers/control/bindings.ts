// The bindings and variables of the control Worker, as wrangler.toml configures them.
import type { LiveBindings } from '../live/live-counters.ts'
import type { AnalyticsVariables } from '../storage/analytics-sql.ts'
import type { RateLimitBindings } from './api/rate-limits.ts'
import type { EnvironmentBindings, EnvironmentObject } from './environment/environment-do.ts'
import type { StatusVariables } from './status/settings.ts'
import type { WebhookVariables } from './webhooks/settings.ts'

export interface ControlBindings
  extends
    EnvironmentBindings,
    LiveBindings,
    RateLimitBindings,
    WebhookVariables,
    AnalyticsVariables,
    StatusVariables {
  readonly ENVIRONMENT: DurableObjectNamespace<EnvironmentObject>
  readonly ASSIGNMENTS: DurableObjectNamespace
  readonly ASSETS: Fetcher
  /** `<team>.cloudflareaccess.com`. Absent or empty, as ACCESS_AUDIENCE, if Access is not used. */
  readonly ACCESS_TEAM_DOMAIN?: string
  /** The tag of the Access application. */
  readonly ACCESS_AUDIENCE?: string
}
