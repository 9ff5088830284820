// How the parts on the way of an event fail in chaos, and when: drawn from a seed. Pure.
import { randomFrom } from '../support/bad-input/mutations.ts'

/** Hangs are few, because each costs as long as the product waits. */
export interface Faults<Kind extends string> {
  readonly seed: number
  /** How likely a call fails, in [0, 1). */
  readonly share: number
  readonly kinds: readonly Kind[]
  readonly hangsMax: number
}

/**
 * `hangs`: it never answers, and may have done its work. `loses-answer`: it has, or half of it, and throws.
 */
export const callFaults = ['refuses', 'loses-answer', 'hangs'] as const
export type CallFault = (typeof callFaults)[number]

/**
 * `killed`: the consumer ends at one of its operations. `redelivered`: what it acknowledges comes again.
 * `twice`: two consumers get the batch at the same time.
 */
export const deliveryFaults = ['killed', 'redelivered', 'twice', 'counters-away'] as const
export type DeliveryFault = (typeof deliveryFaults)[number]

export interface WorkerFaults {
  /** Edge's calls of the queue. */
  readonly queue: Faults<CallFault>
  /** Ingest's writes to R2. */
  readonly bucket: Faults<CallFault>
  readonly delivery: Faults<DeliveryFault>
}

/** What the Workers have done since they started. */
export interface Progress {
  /** Messages that the queue took. */
  readonly sent: number
  /** Messages that ingest has settled, in R2 or as dead letters. */
  readonly settled: number
  readonly deadLetters: number
  /** Of each kind. */
  readonly faults: Readonly<Record<string, number>>
}

export const none: Faults<never> = { seed: 0, share: 0, kinds: [], hangsMax: 0 }
export const noWorkerFaults: WorkerFaults = { queue: none, bucket: none, delivery: none }

/** Each call draws the fault of the next operation; undefined: it goes well. */
export function drawFrom<Kind extends string>({ seed, share, kinds, hangsMax }: Faults<Kind>) {
  const random = randomFrom(seed)
  let hangs = 0
  return (): Kind | undefined => {
    if (random() >= share) return undefined
    const kind = kinds[Math.floor(random() * kinds.length)]
    if (kind !== 'hangs') return kind
    return hangs++ < hangsMax ? kind : undefined
  }
}
