import { describe, expect, it } from 'vitest'
import { bayesFactor, bayesFactorMin } from './sequential.ts'

/** Mulberry32, so that every machine simulates the same experiments. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The share of experiments with two variations that reach the limit at some look. */
function alarms(
  rates: readonly [number, number],
  usersPerLook: number,
  looks: number,
  experiments: number,
): number {
  const random = randomFrom(1)
  const convert = (rate: number) =>
    Array.from({ length: usersPerLook }, random).filter((u) => u < rate).length
  let count = 0
  for (let experiment = 0; experiment < experiments; experiment++) {
    const conversions = [0, 0] as [number, number]
    for (let look = 1; look <= looks; look++) {
      conversions[0] += convert(rates[0])
      conversions[1] += convert(rates[1])
      const users = look * usersPerLook
      const enough = Math.max(...conversions) >= 25 // as the verdict requires
      if (
        enough &&
        bayesFactor({ users, conversions: conversions[0] }, { users, conversions: conversions[1] }) >=
          bayesFactorMin
      ) {
        count++
        break
      }
    }
  }
  return count / experiments
}

describe('bayesFactor', () => {
  it('is the ratio of the two normal densities of the observed difference', () => {
    // Log-odds ratio 0.384 with variance 0.0196: N(0, 0.0196 + 0.0225) against N(0, 0.0196), by hand.
    const [a, b] = [
      { users: 1000, conversions: 100 },
      { users: 1000, conversions: 140 },
    ] as const
    const difference = Math.log(140.5 / 860.5) - Math.log(100.5 / 900.5)
    const sampling = 1 / 100.5 + 1 / 900.5 + 1 / 140.5 + 1 / 860.5
    const density = (variance: number) => Math.exp(-(difference ** 2) / (2 * variance)) / Math.sqrt(variance)
    expect(bayesFactor(a, b)).toBeCloseTo(density(sampling + 0.0225) / density(sampling), 12)
    expect(bayesFactor(a, b)).toBe(bayesFactor(b, a))
  })

  it('is 1 without users, and small if many users are alike', () => {
    expect(bayesFactor({ users: 0, conversions: 0 }, { users: 0, conversions: 0 })).toBeCloseTo(1, 2)
    const many = { users: 1_000_000, conversions: 100_000 }
    expect(bayesFactor(many, many)).toBeLessThan(0.05)
  })

  it.each([
    [0.05, 100],
    [0.3, 50],
    [0.95, 50],
  ])(
    'names a winner in at most one of twenty experiments between equals at rate %d, over 50 looks',
    (rate, usersPerLook) => {
      expect(alarms([rate, rate], usersPerLook, 50, 400)).toBeLessThan(0.05)
    },
  )

  it('finds a true difference', () => {
    expect(alarms([0.1, 0.13], 200, 50, 100)).toBeGreaterThan(0.95)
  })
})
