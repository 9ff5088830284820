// What happens in one schedule of chaos, from its seed. Pure. How requests interleave is the machine's
// affair, so a seed repeats the faults and their order, not the moments.
import { randomFrom } from '../support/bad-input/mutations.ts'
import { callFaults, deliveryFaults, type WorkerFaults } from './faults.ts'
import { noProxyFaults, proxyFaults, type ProxyPlan } from './proxy.ts'

export const orders = ['all', 'compact', 'operations', 'replay'] as const
/** What happens to some files of the runner's cache before a run. */
export const cacheDamages = ['nothing', 'empties', 'damages', 'removes'] as const
export type CacheDamage = (typeof cacheDamages)[number]

export interface Round {
  readonly order: (typeof orders)[number]
  readonly plan: ProxyPlan
  readonly cache: CacheDamage
}

export interface Schedule {
  readonly seed: number
  readonly visitors: number
  readonly workers: WorkerFaults
  /** Runs while events come. */
  readonly during: readonly Round[]
  /** An object in the bucket is another one for a while. */
  readonly object: 'sound' | 'empties' | 'damages'
  /** D1 does not take results for a while. */
  readonly database: 'well' | 'away'
  /** A compaction that is killed, after all events have come; undefined: none is. */
  readonly killed: ProxyPlan | undefined
  /** Before the last run. */
  readonly cache: CacheDamage
  /** Of acknowledged events: sent again in another request, minutes later, with the body as it was. */
  readonly staleShare: number
}

export function scheduleOf(seed: number): Schedule {
  const random = randomFrom(seed)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const happens = (share: number) => random() < share
  const some = <T>(values: readonly T[]): T[] => {
    const chosen = values.filter(() => happens(0.6))
    return chosen.length > 0 ? chosen : [pick(values)]
  }
  const newSeed = () => Math.floor(random() * 2 ** 31)
  const killAt = () => 1 + Math.floor(random() * 14)
  const killWhen = () => pick(['before', 'after'] as const)
  const faults = <Kind extends string>(kinds: readonly Kind[], hangShare: number) => ({
    seed: newSeed(),
    share: pick([0, 0.15, 0.3, 0.6]),
    kinds: some(kinds),
    hangsMax: happens(hangShare) ? 1 : 0,
  })
  const round = (): Round => {
    const at = pick(['lake', 'api', 'both'] as const)
    const hangs = { share: 1, kinds: ['hangs'] as const, hangsMax: 1_000 }
    const few = { share: pick([0, 0.1, 0.3]), kinds: some(proxyFaults), hangsMax: happens(0.05) ? 1 : 0 }
    return {
      order: pick(orders),
      plan: {
        seed: newSeed(),
        ...(happens(0.04) ? hangs : few),
        at,
        gone: happens(0.15) ? pick(['lake', 'api'] as const) : 'neither',
        killAt: happens(0.4) ? killAt() : 0,
        killWhen: killWhen(),
      },
      cache: pick(cacheDamages),
    }
  }
  return {
    seed,
    visitors: 6 + Math.floor(random() * 18),
    workers: {
      queue: faults(callFaults, 0.1),
      bucket: faults(callFaults, 0.04),
      delivery: { ...faults(deliveryFaults, 0), seed: newSeed() },
    },
    during: Array.from({ length: pick([1, 1, 2]) }, round),
    object: happens(0.25) ? pick(['empties', 'damages'] as const) : 'sound',
    database: happens(0.05) ? 'away' : 'well',
    killed: happens(0.3) ? { ...noProxyFaults, killAt: killAt(), killWhen: killWhen() } : undefined,
    cache: pick(cacheDamages),
    staleShare: pick([0, 0.3, 0.6]),
  }
}
