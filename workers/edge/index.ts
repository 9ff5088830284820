// The data plane: decisions, the bucketing file and event intake, for SDKs over HTTP and for other Workers of
// the account over RPC. Both read the same snapshots. All other requests go to control through a service
// binding.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import { edgeApp } from './app.ts'
import type { EdgeBindings } from './bindings.ts'
import { bucketeerShadow } from './bucketeer-shadow.ts'
import { flagsEntrypoint } from './rpc-entrypoint.ts'
import { edgePorts } from './ports.ts'
import { sinksOf } from './telemetry.ts'

const env = bindings as unknown as EdgeBindings
const ports = edgePorts(env, waitUntil)

const sinks = sinksOf(env, Math.random)

export const Flags = flagsEntrypoint(ports, sinks)

const shadow = bucketeerShadow(env, {
  fetch: (url, init) => fetch(url, init),
  random: Math.random,
  now: Date.now,
  defer: waitUntil,
})

export default edgeApp(ports, env, sinks, shadow)
