// The product's edge, unchanged, with bindings that fail on demand: KV and the environment object refuse, are
// slow or return wrong data, and the queue refuses. `PUT /chaos` sets the faults, and returns what was seen
// since the last one.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import { edgeApp } from '../../../workers/edge/app.ts'
import type { SnapshotSource } from '../../../workers/contracts/ports.ts'
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

export interface Seen {
  /** Metric points. */
  readonly points: readonly unknown[]
  /** Reads of a snapshot that waited for a check, and went on before it ended. */
  readonly waitedInVain: number
  /** Calls of a slow binding that ended while the fault lasted. */
  readonly sleptThrough: number
}

const sleepMs = 5_000

const real = bindings as unknown as EdgeBindings
let faults: Faults = {}
let seen = nothingSeen()

function nothingSeen() {
  return { points: [] as unknown[], waitedInVain: 0, sleptThrough: 0 }
}

async function suffer(fault: string | undefined): Promise<void> {
  if (fault === 'sleeps') {
    const current = seen
    await new Promise((resolve) => setTimeout(resolve, sleepMs))
    current.sleptThrough++
  }
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
  REQUESTS: { writeDataPoint: (point: unknown) => void seen.points.push(point) },
} as unknown as EdgeBindings

const newEdge = () =>
  edgeApp({ ...edgePorts(env, waitUntil), snapshots: watchedSnapshots() }, env, sinksOf(env, Math.random))

/** The product's, whose only deferred work is checks. */
function watchedSnapshots(): SnapshotSource {
  let running = 0
  const { snapshots } = edgePorts(env, (check) => {
    running++
    waitUntil(check.finally(() => running--))
  })
  const read: SnapshotSource['read'] = (...asked) => {
    const reading = snapshots.read(...asked)
    if (!(reading instanceof Promise)) return reading
    return reading.finally(() => {
      if (running > 0) seen.waitedInVain++
    })
  }
  return { ...snapshots, read }
}
let edge = newEdge()

export default {
  async fetch(request) {
    if (new URL(request.url).pathname !== '/chaos') return edge.fetch(request)
    faults = await request.json<Faults>()
    if (faults.memory === 'lost') edge = newEdge()
    const taken: Seen = seen
    seen = nothingSeen()
    return Response.json(taken)
  },
} satisfies ExportedHandler
