// The product's edge, unchanged, with the queue of durable-ingest/ in place of wrangler's, which is in
// memory. `GET /queue` says how many messages wait.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import { edgeApp } from '../../../workers/edge/app.ts'
import type { EdgeBindings } from '../../../workers/edge/bindings.ts'
import { edgePorts } from '../../../workers/edge/ports.ts'
import { sinksOf } from '../../../workers/edge/telemetry.ts'
import type { DurableQueue } from '../durable-ingest/index.ts'

const real = bindings as unknown as EdgeBindings & { readonly QUEUE: DurableObjectNamespace<DurableQueue> }
const queue = () => real.QUEUE.get(real.QUEUE.idFromName('events'))

const env = {
  ...real,
  EVENTS: {
    sendBatch: (messages: readonly MessageSendRequest[]) => queue().take(messages.map(({ body }) => body)),
  },
} as unknown as EdgeBindings

const edge = edgeApp(edgePorts(env, waitUntil), env, sinksOf(env, Math.random))

export default {
  async fetch(request) {
    if (new URL(request.url).pathname !== '/queue') return edge.fetch(request)
    return Response.json({ waiting: await queue().waiting() })
  },
} satisfies ExportedHandler
