// The data plane: decisions, the bucketing file, event intake. What is not its own goes to control through a service binding.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import { Hono } from 'hono'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'
import type { Ports } from '../ports.ts'
import { eventQueue } from '../storage/event-queue.ts'
import type { EdgeBindings, EnvironmentReader } from './bindings.ts'
import { snapshotSource } from './snapshot-source.ts'

const env = bindings as unknown as EdgeBindings

const ports: Ports = {
  snapshots: snapshotSource({
    kv: env.SNAPSHOTS,
    environment: (id) => env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(id)) as unknown as EnvironmentReader,
    now: () => Date.now(),
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    defer: waitUntil,
  }),
  events: eventQueue(env.EVENTS),
  now: () => Date.now(),
}

const dialects = [bucketeerRoutes(ports), flagshipIoRoutes(ports), ofrepRoutes(ports)]

// Not strict: SDKs of both vendors are known to add a slash.
const app = new Hono({ strict: false })
app.get('/healthz', (c) => c.json({ status: 'ok' }))
for (const dialect of dialects) app.route('/', dialect)
app.all('*', (c) => env.CONTROL.fetch(c.req.raw))

export default app
