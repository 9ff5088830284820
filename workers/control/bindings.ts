import type { EnvironmentBindings, EnvironmentObject } from './environment/environment-do.ts'

export interface ControlBindings extends EnvironmentBindings {
  readonly ENVIRONMENT: DurableObjectNamespace<EnvironmentObject>
  readonly ASSETS: Fetcher
  /** `<team>.cloudflareaccess.com`, and the tag of the application; empty where Access is not used. */
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUDIENCE?: string
}
