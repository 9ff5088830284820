// The product's edge, unchanged, with a queue that refuses, hangs or takes messages and says that it did not.
// Behind it is wrangler's own queue. `PUT /chaos` sets the faults of edge and ingest, and `GET /chaos` says
// how far the messages are.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import { edgeApp } from '../../../workers/edge/app.ts'
import type { EdgeBindings } from '../../../workers/edge/bindings.ts'
import { edgePorts } from '../../../workers/edge/ports.ts'
import { sinksOf } from '../../../workers/edge/telemetry.ts'
import { drawFrom, noWorkerFaults, type Progress, type WorkerFaults } from '../faults.ts'

const real = bindings as unknown as EdgeBindings & { readonly INGEST: Fetcher }

let nextFault = drawFrom(noWorkerFaults.queue)
let sent = 0
const faults: Record<string, number> = {}

async function send(messages: readonly MessageSendRequest<string>[]): Promise<void> {
  const fault = nextFault()
  if (fault) faults[`queue ${fault}`] = (faults[`queue ${fault}`] ?? 0) + 1
  if (fault === 'refuses') throw new Error('chaos: the queue refuses')
  const taken = fault === 'loses-answer' ? messages.slice(0, Math.ceil(messages.length / 2)) : messages
  await real.EVENTS.sendBatch(taken)
  sent += taken.length
  if (fault === 'loses-answer') throw new Error('chaos: the answer is lost')
  if (fault === 'hangs') await new Promise(() => {})
}

const env = { ...real, EVENTS: { sendBatch: send } } as unknown as EdgeBindings
const edge = edgeApp(edgePorts(env, waitUntil), env, sinksOf(env, Math.random))

export default {
  async fetch(request) {
    if (new URL(request.url).pathname !== '/chaos') return edge.fetch(request)
    if (request.method === 'PUT') {
      const wanted = await request.json<WorkerFaults>()
      nextFault = drawFrom(wanted.queue)
      await real.INGEST.fetch('http://ingest/', { method: 'PUT', body: JSON.stringify(wanted) })
    }
    const ingest = await (await real.INGEST.fetch('http://ingest/')).json<Omit<Progress, 'sent'>>()
    return Response.json({ ...ingest, sent, faults: { ...faults, ...ingest.faults } } satisfies Progress)
  },
} satisfies ExportedHandler
