// The demo's visitors and what they do. Everything follows from a visitor's number, so the runner's counts
// can be compared with what really happened.

export interface Visitor {
  readonly id: string
  readonly context: {
    readonly plan: string
    readonly country: string
    readonly host: string
    readonly visits: number
  }
  /**
   * Uniform in [0, 1). The visitor buys if it is below the true conversion rate of the checkout variation.
   */
  readonly inclination: number
  /** Whether fast search fails for this visitor. */
  readonly meetsError: boolean
}

export const trueConversion: Readonly<Record<string, number>> = {
  'checkout-classic': 0.1,
  'checkout-express': 0.13,
}
/** Three times the threshold of the kill switch: a hundred visitors are enough to find it. */
const trueErrorRate = 0.6

export function visitors(count: number, seed: number): Visitor[] {
  const random = mulberry32(seed)
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!
  return Array.from({ length: count }, (_, n) => ({
    id: `visitor-${seed}-${n}`,
    context: {
      plan: random() < 0.1 ? 'team' : 'free',
      country: pick(['JP', 'FR', 'DE', 'US']),
      host: pick(['www.example.com', 'beta.example.com']),
      visits: Math.floor(random() * 20),
    },
    inclination: random(),
    meetsError: random() < trueErrorRate,
  }))
}

/** A small seeded generator (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
