import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import { describe, expect, it } from 'vitest'
import { diagnose, effectiveSize, meanError, quantileOf, rhatOf, sortedDraws } from './diagnostics.ts'

/** An autoregressive series of sums of uniforms; the same on every machine. */
function series(seed: number, correlation: number, shift = 0, length = 500): Float64Array {
  let state = seed
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  let x = 0
  return Float64Array.from({ length }, () => {
    x = correlation * x + uniform() + uniform() + uniform() - 1.5
    return x + shift
  })
}
const chainsOf = (correlation: number, shift = 0) =>
  [1, 2, 3, 4].map((seed) => series(seed, correlation, seed === 4 ? shift : 0))
const halved = (chains: Float64Array[]) =>
  chains.flatMap((chain) => [chain.subarray(0, 250), chain.subarray(250)])

describe('split R-hat and effective size', () => {
  // Recorded from Stan 2.32's own compute_split_effective_sample_size and
  // compute_split_potential_scale_reduction (C++).
  it.each([
    ['independent', 0, 2046.15515021058, 0.999773284598667],
    ['sticky', 0.8, 201.371490246722, 1.01587289815273],
    ['antithetic', -0.5, 6602.05999132796, 0.998588848404636],
  ])('agree with the C++ of Stan on %s draws', (_, correlation, ess, rhat) => {
    expect(effectiveSize(halved(chainsOf(correlation))) / ess).toBeCloseTo(1, 11)
    expect(rhatOf(halved(chainsOf(correlation)))).toBeCloseTo(rhat, 12)
  })

  it('agree with it on a chain that is elsewhere', () => {
    expect(rhatOf(halved(chainsOf(0.3, 0.4)))).toBeCloseTo(1.06571884616913, 12)
  })
})

describe('diagnose', () => {
  it('finds nothing wrong with independent draws', () => {
    const { rhat, essBulk, essTail } = diagnose(chainsOf(0))
    expect(rhat).toBeLessThan(1.01)
    expect(essBulk).toBeGreaterThan(1600)
    expect(essTail).toBeGreaterThan(1400)
  })

  it('ranks and then scores, as the definition says', () => {
    const chains = chainsOf(0.5).map((chain) => chain.map((x) => Math.round(10 * x) / 10)) // with ties
    const all = chains.flatMap((chain) => [...chain])
    const rankOf = (x: number) =>
      all.filter((y) => y < x).length + (all.filter((y) => y === x).length + 1) / 2
    const scored = chains.map((chain) =>
      chain.map((x) => normalQuantile((rankOf(x) - 0.375) / (all.length + 0.25), 0, 1)),
    )
    expect(diagnose(chains).essBulk).toBeCloseTo(effectiveSize(halved(scored)), 9)
  })

  it('takes the worse of the two tails, here the upper one, where the chains linger', () => {
    const chains = chainsOf(0).map((chain) => chain.map((x, i) => (i % 100 < 10 ? x + 9 : x)))
    const sorted = sortedDraws(chains)
    const sizeBelow = (probability: number) => {
      const limit = quantileOf(sorted, probability)
      return effectiveSize(halved(chains.map((chain) => chain.map((x) => Number(x <= limit)))))
    }
    expect(sizeBelow(0.95)).toBeLessThan(sizeBelow(0.05) / 2)
    expect(diagnose(chains).essTail).toBe(sizeBelow(0.95))
  })

  it('counts the draws of an autoregression as (1 - r) / (1 + r) of their number', () => {
    const chains = [1, 2, 3, 4].map((seed) => series(seed, 0.6, 0, 10_000))
    expect(diagnose(chains).essBulk / (40_000 * (0.4 / 1.6))).toBeCloseTo(1, 0)
    expect(diagnose(chains).essBulk / 10_000).toBeGreaterThan(0.9)
    expect(diagnose(chains).essBulk / 10_000).toBeLessThan(1.1)
  })

  it('detects a chain in another place', () => expect(diagnose(chainsOf(0, 0.4)).rhat).toBeGreaterThan(1.01))

  it('detects a chain of another width in the same place, by folding', () => {
    const chains = chainsOf(0)
    chains[3] = chains[3]!.map((x) => 3 * x)
    expect(rhatOf(halved(chains))).toBeLessThan(1.01)
    expect(diagnose(chains).rhat).toBeGreaterThan(1.05)
  })

  it('does not depend on the scale of the draws', () => {
    const logarithms = chainsOf(0.5)
    const plain = diagnose(logarithms)
    const skewed = diagnose(logarithms.map((chain) => chain.map(Math.exp)))
    expect(skewed.essBulk).toBeCloseTo(plain.essBulk, 9)
    expect(skewed.essTail).toBeCloseTo(plain.essTail, 9)
  })

  it('is NaN for a draw that is not finite, and ends', () => {
    for (const odd of [NaN, Infinity, -Infinity])
      expect(diagnose([Float64Array.of(0.1, odd, 0.3, 0.2), Float64Array.of(0.2, 0.1, 0.3, 0.4)])).toEqual({
        rhat: NaN,
        essBulk: NaN,
        essTail: NaN,
      })
  })

  it('is NaN for chains that never moved', () => {
    expect(diagnose([new Float64Array(100).fill(1), new Float64Array(100).fill(1)])).toEqual({
      rhat: NaN,
      essBulk: NaN,
      essTail: NaN,
    })
  })
})

it('gives sd / sqrt(n) as the error of the mean of independent draws', () => {
  expect(meanError(chainsOf(0))).toBeCloseTo(Math.sqrt(3 / 12 / 2000), 3)
})

it('computes quantiles of type 7', () => {
  expect(quantileOf([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(quantileOf([1, 2, 3, 4, 5], 0.025)).toBeCloseTo(1.1, 15)
  expect(quantileOf([7], 0.975)).toBe(7)
  expect(quantileOf([1, Infinity, Infinity], 0.9)).toBe(Infinity)
})
