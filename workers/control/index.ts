// The control Worker of a split installation: admin API, console files, and the Durable Object classes.
import type { ControlBindings } from './bindings.ts'
import { serve } from './serve.ts'

export { Assignments } from './environment/assignments-do.ts'
export { Environment } from './environment/published-environment.ts'
export { RecentEnvironments } from './environment/recent-environments-do.ts'
export { FlagCounters } from '../live/flag-counters-do.ts'
export { Intake } from '../live/intake-do.ts'
export { WebhookSender } from './webhooks/webhook-sender-do.ts'
export { Notifier } from '../streams/notifier.ts'

export default { fetch: serve } satisfies ExportedHandler<ControlBindings>
