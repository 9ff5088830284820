// A queue in memory that delivers as Cloudflare's does: at least once, in any order, in batches, with delays,
// and into a dead-letter queue after too many attempts. Its time is the caller's.

export interface Delivered {
  readonly id: string
  readonly timestamp: Date
  readonly attempts: number
  readonly body: unknown
  ack(): void
  retry(options?: { readonly delaySeconds?: number }): void
}

/** Resolves to `killed` if the Worker ends before its handler does: then nothing that it said counts. */
export type Consumer = (queue: string, messages: readonly Delivered[]) => Promise<'done' | 'threw' | 'killed'>

interface Held {
  readonly id: string
  readonly body: unknown
  readonly sentAt: number
  attempts: number
  visibleAt: number
}

export interface FaultyQueueOptions {
  readonly name: string
  readonly retriesMax: number
  readonly batchMax: number
  /** In [0, 1). */
  readonly random: () => number
  readonly now: () => number
  readonly consume: Consumer
  /** Absent: who exceeds the attempts is lost, as on Cloudflare. */
  readonly deadLetters?: FaultyQueue
  /** How likely a message that was acknowledged comes again. */
  readonly redeliver: number
}

export class FaultyQueue {
  readonly #held = new Map<string, Held>()
  readonly #options: FaultyQueueOptions
  #sent = 0
  lost = 0

  constructor(options: FaultyQueueOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#held.size
  }

  get nextAt(): number {
    return Math.min(...[...this.#held.values()].map(({ visibleAt }) => visibleAt))
  }

  send(body: unknown): void {
    const { name, now } = this.#options
    const id = `${name}-${++this.#sent}`
    this.#held.set(id, { id, body, sentAt: now(), attempts: 0, visibleAt: now() })
  }

  /** One batch of what may be delivered now, in random order. */
  async deliver(): Promise<void> {
    const { name, now, random, batchMax, consume } = this.#options
    const visible = [...this.#held.values()].filter(({ visibleAt }) => visibleAt <= now())
    const order = new Map(visible.map((each) => [each, random()]))
    const batch = visible
      .toSorted((a, b) => order.get(a)! - order.get(b)!)
      .slice(0, 1 + Math.floor(random() * batchMax))
    if (batch.length === 0) return
    const said = new Map<string, 'ack' | number>()
    const outcome = await consume(
      name,
      batch.map((held) => {
        held.attempts++
        return {
          id: held.id,
          timestamp: new Date(held.sentAt),
          attempts: held.attempts,
          body: held.body,
          ack: () => void (said.has(held.id) || said.set(held.id, 'ack')),
          retry: ({ delaySeconds = 0 } = {}) => void (said.has(held.id) || said.set(held.id, delaySeconds)),
        }
      }),
    )
    for (const held of batch) {
      // A handler that ends well acknowledges what it did not mention; one that throws retries it.
      const verdict = outcome === 'killed' ? 0 : (said.get(held.id) ?? (outcome === 'done' ? 'ack' : 0))
      if (verdict === 'ack') this.#acknowledge(held)
      else this.#retry(held, verdict)
    }
  }

  #acknowledge(held: Held): void {
    const { random, redeliver, now } = this.#options
    if (random() < redeliver) held.visibleAt = now()
    else this.#held.delete(held.id)
  }

  #retry(held: Held, delaySeconds: number): void {
    const { retriesMax, deadLetters, now } = this.#options
    held.visibleAt = now() + delaySeconds * 1_000
    if (held.attempts <= retriesMax) return
    this.#held.delete(held.id)
    if (deadLetters) deadLetters.send(held.body)
    else this.lost++
  }
}
