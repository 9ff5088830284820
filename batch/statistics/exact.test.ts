import betainc from '@stdlib/math-base-special-betainc'
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { betaOf, cumulative, quantile } from './beta.ts'
import { exactEngine, exactPosteriors } from './exact.ts'
import type { Counts } from './fit.ts'

const flat = { alpha: 1, beta: 1 }
const counted = (...pairs: readonly (readonly [users: number, conversions: number])[]): Counts[] =>
  pairs.map(([users, conversions], k) => ({ variationId: `v${k}`, users, conversions }))
const posteriorsOf = (...pairs: readonly (readonly [number, number])[]) =>
  exactPosteriors({ variations: counted(...pairs), baselineVariationId: 'v0', prior: flat })

/**
 * P(B > A) for whole-numbered Betas as a ratio of whole numbers: no rounding at all (Cook 2003, Miller 2015).
 */
function probabilityAbove(
  [usersA, conversionsA]: [number, number],
  [usersB, conversionsB]: [number, number],
): number {
  const factorial = (n: number) =>
    Array.from({ length: n }, (_, i) => BigInt(i + 1)).reduce((a, b) => a * b, 1n)
  const [a, b] = [conversionsA + 1, usersA - conversionsA + 1]
  const [c, d] = [conversionsB + 1, usersB - conversionsB + 1]
  const beta = (x: number, y: number) => [factorial(x - 1) * factorial(y - 1), factorial(x + y - 1)] as const
  // sum over i < c of B(a + i, b + d) / ((d + i) B(1 + i, d) B(a, b)), on the scale of 10^40
  const scale = 10n ** 40n
  let sum = 0n
  for (let i = 0; i < c; i++) {
    const [top, topBelow] = beta(a + i, b + d)
    const [one, oneBelow] = beta(1 + i, d)
    const [two, twoBelow] = beta(a, b)
    sum += (scale * top * oneBelow * twoBelow) / (topBelow * BigInt(d + i) * one * two)
  }
  return Number(sum) / Number(scale)
}

describe('the incomplete beta function underneath', () => {
  it('agrees with thirty-digit arithmetic where other packages lose four digits', () => {
    expect(betainc(0.1, 1001, 9001)).toBeCloseTo(0.4929086562921937, 12)
    expect(betainc(0.05, 2, 20)).toBeCloseTo(0.2830281551829156, 12)
  })
})

describe('the posterior of one rate', () => {
  it('has the mean and standard deviation of its Beta', () => {
    const { rate } = posteriorsOf([1000, 100])[0]!
    expect(rate.mean).toBeCloseTo(101 / 1002, 15)
    expect(rate.sd).toBeCloseTo(Math.sqrt((101 * 901) / (1002 ** 2 * 1003)), 15)
  })

  it('knows the quantiles of the two Betas whose distribution function can be written down', () => {
    expect(quantile(betaOf(1, 21), 0.975)).toBeCloseTo(1 - 0.025 ** (1 / 21), 13)
    expect(quantile(betaOf(5, 1), 0.025)).toBeCloseTo(0.025 ** (1 / 5), 13)
  })

  it('inverts its distribution function everywhere', () => {
    const shape = fc.double({ min: 1, max: 1e7, noNaN: true })
    fc.assert(
      fc.property(shape, shape, fc.constantFrom(0.025, 0.5, 0.975), (alpha, beta, probability) => {
        const posterior = betaOf(alpha, beta)
        expect(cumulative(posterior, quantile(posterior, probability))).toBeCloseTo(probability, 7)
      }),
    )
  })
})

describe('which variation is best', () => {
  it.each([
    [
      [20, 3],
      [25, 7],
    ],
    [
      [100, 5],
      [100, 12],
    ],
    [
      [400, 40],
      [300, 41],
    ],
    [
      [20, 0],
      [20, 20],
    ],
  ] as [[number, number], [number, number]][])('agrees with exact fractions for %j against %j', (a, b) => {
    const [first, second] = posteriorsOf(a, b)
    const truth = probabilityAbove(a, b)
    expect(second!.probabilityBest).toBeCloseTo(truth, 12)
    expect(second!.probabilityBeatsBaseline).toBeCloseTo(truth, 12)
    expect(first!.probabilityBest).toBeCloseTo(1 - truth, 12)
    expect(first!.probabilityBeatsBaseline).toBe(0)
  })

  it('compares twenty users with ten million', () => {
    const [few] = posteriorsOf([20, 0], [10_000_000, 1_000_000])
    // P(Beta(1, 21) > p) = (1 - p)^21, and E[(1 - p)^21] is a moment of Beta(9000001, 1000001).
    let truth = 1
    for (let i = 0; i < 21; i++) truth *= (9_000_001 + i) / (10_000_002 + i)
    expect(few!.probabilityBest).toBeCloseTo(truth, 9)
  })

  it('gives the loss among uniform rates: the largest of K is K / (K + 1) on average', () => {
    for (const count of [1, 2, 3, 10]) {
      const posteriors = posteriorsOf(...Array.from({ length: count }, () => [0, 0] as const))
      for (const { expectedLoss, probabilityBest } of posteriors) {
        expect(probabilityBest).toBeCloseTo(1 / count, 12)
        expect(expectedLoss).toBeCloseTo(count / (count + 1) - 1 / 2, 12)
      }
    }
  })

  it('is a distribution for any counts, and losses have the order of the rates', () => {
    const pair = fc
      .tuple(fc.nat({ max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([users, share]) => [users, Math.round(users * share)] as const)
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 4 }), (pairs) => {
        const posteriors = posteriorsOf(...pairs)
        expect(posteriors.reduce((sum, { probabilityBest }) => sum + probabilityBest, 0)).toBeCloseTo(1, 10)
        const highest = posteriors[0]!.expectedLoss + posteriors[0]!.rate.mean
        for (const { expectedLoss, rate } of posteriors) {
          expect(expectedLoss).toBeGreaterThanOrEqual(0)
          expect(expectedLoss + rate.mean).toBeCloseTo(highest, 9)
          expect(rate.q025).toBeLessThan(rate.median)
          expect(rate.median).toBeLessThan(rate.q975)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('the uplift over the baseline', () => {
  it('gives the ratio of two uniform rates: P(ratio <= r) = r / 2 up to one', () => {
    const [baseline, other] = posteriorsOf([0, 0], [0, 0])
    expect(baseline!.uplift).toBeNull()
    expect(other!.uplift!.q025).toBeCloseTo(0.05 - 1, 12)
    expect(other!.uplift!.q975).toBeCloseTo(20 - 1, 10)
  })

  it('has no mean without conversions of the baseline, and else the mean of a Beta ratio', () => {
    expect(posteriorsOf([20, 0], [20, 4])[1]!.uplift!.mean).toBeNull()
    // E[b] E[1 / a] for Beta(5, 17) and Beta(3, 19)
    expect(posteriorsOf([20, 2], [20, 4])[1]!.uplift!.mean).toBeCloseTo((5 / 22) * (21 / 2) - 1, 14)
  })

  it('has 2.5 % of the posterior beyond either limit, by brute force', () => {
    const [a, b] = [betaOf(101, 901), betaOf(71, 751)]
    const { q025, q975 } = posteriorsOf([1000, 100], [820, 70])[1]!.uplift!
    const below = (uplift: number) => {
      const steps = 20_000
      let sum = 0
      for (let i = 0; i < steps; i++) {
        const [low, high] = [i / steps, (i + 1) / steps]
        const mass = cumulative(a, high) - cumulative(a, low)
        if (mass > 0) sum += mass * cumulative(b, ((low + high) / 2) * (1 + uplift))
      }
      return sum
    }
    expect(below(q025)).toBeCloseTo(0.025, 5)
    expect(below(q975)).toBeCloseTo(0.975, 5)
  })
})

it('ranks the lowest rate first of a goal of which fewer is better, as the highest of those who do not convert', () => {
  const pairs = [
    [1_000, 50],
    [1_000, 30],
    [900, 44],
  ] as const
  const asked = { variations: counted(...pairs), baselineVariationId: 'v0', prior: flat }
  const down = exactPosteriors({ ...asked, direction: 'decrease' })
  const up = exactPosteriors(asked)
  const others = exactPosteriors({
    ...asked,
    variations: counted(...pairs.map(([n, x]) => [n, n - x] as const)),
  })
  down.forEach((arm, k) => {
    expect([arm.rate, arm.uplift]).toEqual([up[k]!.rate, up[k]!.uplift])
    expect(arm.probabilityBest).toBeCloseTo(others[k]!.probabilityBest, 12)
    expect(arm.probabilityBeatsBaseline).toBeCloseTo(others[k]!.probabilityBeatsBaseline, 12)
    expect(arm.expectedLoss).toBeCloseTo(others[k]!.expectedLoss, 12)
  })
  expect(down[1]!.probabilityBest).toBeGreaterThan(0.9)
  expect(up[1]!.probabilityBest).toBeLessThan(0.05)
})

it('reports the exact engine, and never Stan', async () => {
  const fit = await exactEngine.fit({
    variations: counted([9, 1]),
    baselineVariationId: 'v0',
    prior: flat,
    seed: 1,
  })
  expect(fit).toMatchObject({
    ok: true,
    value: { engine: { kind: 'exact', method: 'beta-binomial quadrature' } },
  })
  expect(JSON.stringify(fit)).not.toMatch(/stan/i)
})
