// Experiments as they grow: users arrive at random in each arm and convert at its true rate, look by look.
import type { ArmCounts } from '../../batch/statistics/comparison.ts'
import { meanForPower, type Random } from './random.ts'

export interface World {
  /** The true rate of each arm; the first is the baseline. */
  readonly rates: readonly number[]
  /** The share of users of each arm. */
  readonly shares: readonly number[]
  /** Expected, in all arms and looks together. */
  readonly users: number
  readonly looks: number
}

const names = ['a', 'b', 'c', 'd']

/** The counts at each look. Arrivals are Poisson, so that no two looks are alike. */
export function* grow({ rates, shares, users, looks }: World, random: Random): Generator<ArmCounts[]> {
  const seen = rates.map(() => ({ users: 0, conversions: 0 }))
  for (let look = 0; look < looks; look++) {
    for (const [k, arm] of seen.entries()) {
      const arrived = random.poisson((users * shares[k]!) / looks)
      arm.users += arrived
      arm.conversions += random.binomial(arrived, rates[k]!)
    }
    yield seen.map((arm, k) => ({ variationId: names[k]!, expectedWeight: shares[k]!, ...arm }))
  }
}

/** The rate of the second arm at which the fixed z-test has this power with so many users. */
export function rateForPower(rate: number, shares: readonly number[], users: number, power: number): number {
  const information = users * shares[0]! * shares[1]!
  return rate + meanForPower(power) * Math.sqrt((rate * (1 - rate)) / information)
}

/** Users at which so many conversions come in all. */
export const usersFor = (rate: number, conversions: number): number => Math.round(conversions / rate)
