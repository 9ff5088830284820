// The product's ingest, unchanged, behind wrangler's own queue. It runs inside of a Durable Object, because
// workerd can end such an object at any moment: then nothing after that moment happens, and the queue's
// messages come again. R2 and the live counters fail on demand.
import { DurableObject } from 'cloudflare:workers'
import { type IngestBindings, consume } from '../../../workers/ingest/consume.ts'
import { randomFrom } from '../../support/bad-input/mutations.ts'
import { type CallFault, drawFrom, noWorkerFaults, type Progress, type WorkerFaults } from '../faults.ts'

interface ChaosBindings extends IngestBindings {
  readonly HOST: DurableObjectNamespace<IngestHost>
}

type Delivered = Pick<Message, 'id' | 'timestamp' | 'body' | 'attempts'>
type Verdict = 'ack' | 'retry'

/** What shall happen during one delivery. */
interface Fate {
  /** Of each write to R2, in order. */
  readonly puts: readonly (CallFault | undefined)[]
  /** The object ends at its operation of this number, before or after it. */
  readonly killAt: number
  readonly killWhen: 'before' | 'after'
  readonly counters: 'well' | 'away'
}

const messagesMax = 20
const operationsMax = 4

export class IngestHost extends DurableObject<ChaosBindings> {
  /** By message id; a message that nothing was said of was acknowledged, as the platform has it. */
  async deliver(queue: string, messages: readonly Delivered[], fate: Fate): Promise<Map<string, Verdict>> {
    const said = new Map<string, Verdict>()
    const note = (id: string, verdict: Verdict) => void (said.has(id) || said.set(id, verdict))
    const settling = messages.map((message) => ({
      ...message,
      ack: () => note(message.id, 'ack'),
      retry: () => note(message.id, 'retry'),
    }))
    const batch = { queue, messages: settling } as unknown as MessageBatch
    await consume(batch, { ...this.env, ...this.#failing(fate) })
    return said
  }

  #failing({ puts, killAt, killWhen, counters }: Fate): Partial<IngestBindings> {
    let operations = 0
    const dies = (when: Fate['killWhen']) => {
      if (operations === killAt && when === killWhen) this.ctx.abort('chaos: ingest is killed')
    }
    const put = async (...given: Parameters<R2Bucket['put']>) => {
      const fault = puts[operations++]
      dies('before')
      if (fault === 'refuses') throw new Error('chaos: R2 refuses')
      const stored = await this.env.LAKE.put(...given)
      dies('after')
      if (fault === 'loses-answer') throw new Error('chaos: R2 has it, but the answer is lost')
      if (fault === 'hangs') await new Promise(() => {})
      return stored
    }
    const away = {
      idFromName: (name: string) => name,
      get: () => ({ add: () => Promise.reject(new Error('chaos: the counters are away')) }),
    } as unknown as DurableObjectNamespace
    const LAKE = { put } as unknown as R2Bucket
    return counters === 'away' ? { LAKE, FLAG_COUNTERS: away, INTAKE: away } : { LAKE }
  }
}

let settled = 0
let deadLetters = 0
const faults: Record<string, number> = {}
let plan = planOf(noWorkerFaults)

function planOf({ bucket, delivery }: WorkerFaults) {
  return {
    put: drawFrom(bucket),
    delivery: drawFrom(delivery),
    random: randomFrom(delivery.seed + 1),
    isOrdered: delivery.share === 0,
  }
}

function noted<Kind extends string>(what: string, fault: Kind | undefined): Kind | undefined {
  if (fault) faults[`${what} ${fault}`] = (faults[`${what} ${fault}`] ?? 0) + 1
  return fault
}

async function deliver(batch: MessageBatch, env: ChaosBindings): Promise<void> {
  const { put, random, isOrdered } = plan
  const fault = noted('delivery', plan.delivery())
  const given = batch.messages.map(({ id, timestamp, body, attempts }) => ({ id, timestamp, body, attempts }))
  const order = new Map(given.map(({ id }) => [id, random()]))
  const messages = isOrdered ? given : given.toSorted((a, b) => order.get(a.id)! - order.get(b.id)!)
  const fate = (): Fate => ({
    puts: Array.from({ length: messagesMax }, () => noted('bucket', put())),
    killAt: fault === 'killed' ? 1 + Math.floor(random() * operationsMax) : 0,
    killWhen: random() < 0.5 ? 'before' : 'after',
    counters: fault === 'counters-away' ? 'away' : 'well',
  })
  const deliver = (name: string) =>
    env.HOST.get(env.HOST.idFromName(name)).deliver(batch.queue, messages, fate())
  const ends = await Promise.allSettled(
    (fault === 'twice' ? ['one', 'two'] : ['one']).map((name) => deliver(name)),
  )
  const said = ends.find((end) => end.status === 'fulfilled')?.value
  for (const message of batch.messages) {
    const verdict = said ? (said.get(message.id) ?? 'ack') : 'retry'
    // The real delays grow too long for a test.
    if (verdict === 'retry' || fault === 'redelivered') message.retry({ delaySeconds: 0 })
    else {
      message.ack()
      settled++
      if (batch.queue.endsWith('-dead')) deadLetters++
    }
  }
}

export default {
  queue: deliver,
  async fetch(request) {
    if (request.method === 'PUT') plan = planOf(await request.json<WorkerFaults>())
    return Response.json({ settled, deadLetters, faults } satisfies Omit<Progress, 'sent'>)
  },
} satisfies ExportedHandler<ChaosBindings>
