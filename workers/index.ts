// Edge, control and ingest as one Worker, which `npx wrangler dev` and `npm run deploy` use: one deployment,
// one set of bindings. docs/guides/deploy.md says when to split it.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import type { ControlBindings } from './control/bindings.ts'
import { Environment as EnvironmentObject } from './control/environment/published-environment.ts'
import { edgeApp } from './edge/app.ts'
import type { EdgeBindings } from './edge/bindings.ts'
import { bucketeerShadow } from './edge/bucketeer-shadow.ts'
import { edgePorts } from './edge/ports.ts'
import { flagsEntrypoint } from './edge/rpc-entrypoint.ts'
import { sinksOf } from './edge/telemetry.ts'
import { type IngestBindings, consume } from './ingest/consume.ts'
import { inJurisdiction } from './jurisdiction.ts'
import { Notifier as NotifierObject } from './streams/notifier.ts'

export { Assignments } from './control/environment/assignments-do.ts'
export { RecentEnvironments } from './control/environment/recent-environments-do.ts'
export { FlagCounters } from './live/flag-counters-do.ts'
export { Intake } from './live/intake-do.ts'
export { WebhookSender } from './control/webhooks/webhook-sender-do.ts'

/** These call other objects themselves. */
export class Environment extends EnvironmentObject {
  constructor(...[state, env]: ConstructorParameters<typeof EnvironmentObject>) {
    super(state, inJurisdiction(env))
  }
}
export class Notifier extends NotifierObject {
  constructor(...[state, env]: ConstructorParameters<typeof NotifierObject>) {
    super(state, inJurisdiction(env))
  }
}

const restricted = inJurisdiction<object>(bindings)
const ofControl = restricted as ControlBindings
const context = { waitUntil, passThroughOnException: () => undefined, props: {} } as ExecutionContext

/**
 * Instead of the service binding of a split installation. Loaded by the first request that it is for: an
 * isolate that starts for an SDK's need not run all declarations of routes first.
 */
const CONTROL = {
  fetch: async (request: Request) => (await import('./control/serve.ts')).serve(request, ofControl, context),
}
const ofEdge = { ...restricted, CONTROL } as unknown as EdgeBindings

const ports = edgePorts(ofEdge, waitUntil)
const shadow = bucketeerShadow(ofEdge, {
  fetch: (url, init) => fetch(url, init),
  random: Math.random,
  now: Date.now,
  defer: waitUntil,
})
const sinks = sinksOf(ofEdge, Math.random)
const edge = edgeApp(ports, ofEdge, sinks, shadow)

export const Flags = flagsEntrypoint(ports, sinks)

export default {
  fetch: (request) => edge.fetch(request),
  queue: (batch, env) => consume(batch, inJurisdiction(env)),
} satisfies ExportedHandler<IngestBindings>
