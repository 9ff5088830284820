// The product's edge, unchanged, with bindings that fail on demand: KV and the environment object refuse, are
// slow or return wrong data, and the queue refuses. `PUT /chaos` sets the faults. `GET /chaos` returns the
// metric points since the last `GET`.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import { edgeApp } from '../../../workers/edge/app.ts'
import type { EdgeBindings } from '../../../workers/edge/bindings.ts'
import { edgePorts } from '../../../workers/edge/ports.ts'
import { sinksOf } from '../../../workers/edge/telemetry.ts'

export interface Faults {
  readonly kv?: 'refuses' | 'sleeps' | 'corrupt' | 'newer'
  readonly object?: 'refuses' | 'sleeps'
  readonly queue?: 'refuses'
  /** Enables Cloudflare's rate limit binding: a hundred requests of a key in ten seconds. */
  readonly limits?: 'tight'
  /** Clears the memory once, as in a new isolate. */
  readonly memory?: 'lost'
}

const sleepMs = 5_000

const real = bindings as unknown as EdgeBindings
let faults: Faults = {}
let points: unknown[] = []

async function suffer(fault: string | undefined): Promise<void> {
  if (fault === 'sleeps') await new Promise((resolve) => setTimeout(resolve, sleepMs))
  if (fault === 'refuses') throw new Error('chaos: it refuses')
}

const env = {
  ...real,
  RATE_BY_KEY: {
    limit: (options: { key: string }) =>
      faults.limits ? real.RATE_BY_KEY!.limit(options) : Promise.resolve({ success: true }),
  },
  RATE_BY_ADDRESS: undefined,
  SNAPSHOTS: {
    async get(key: string) {
      await suffer(faults.kv)
      const text = await real.SNAPSHOTS.get(key)
      if (text === null || !key.startsWith('snapshot:')) return text
      if (faults.kv === 'corrupt') return text.slice(0, -10)
      return faults.kv === 'newer' ? text.replace('"format":1', '"format":99') : text
    },
  },
  ENVIRONMENT: {
    idFromName: (name: string) => name,
    get(name: string) {
      const stub = real.ENVIRONMENT.get(real.ENVIRONMENT.idFromName(name)) as unknown as Record<
        'head' | 'snapshot',
        (id: string) => Promise<unknown>
      >
      const through = (method: 'head' | 'snapshot') => async (id: string) => {
        await suffer(faults.object)
        return stub[method](id)
      }
      return { head: through('head'), snapshot: through('snapshot') }
    },
  },
  EVENTS: {
    async sendBatch(...given: Parameters<EdgeBindings['EVENTS']['sendBatch']>) {
      await suffer(faults.queue)
      return real.EVENTS.sendBatch(...given)
    },
  },
  REQUESTS: { writeDataPoint: (point: unknown) => void points.push(point) },
} as unknown as EdgeBindings

const newEdge = () => edgeApp(edgePorts(env, waitUntil), env, sinksOf(env, Math.random))
let edge = newEdge()

export default {
  async fetch(request) {
    if (new URL(request.url).pathname !== '/chaos') return edge.fetch(request)
    if (request.method === 'PUT') {
      faults = await request.json<Faults>()
      if (faults.memory === 'lost') edge = newEdge()
    }
    const taken = points
    points = []
    return Response.json(taken)
  },
} satisfies ExportedHandler
