import chiSquareCumulative from '@stdlib/stats-base-dists-chisquare-cdf'
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import {
  adjustedEffect,
  meanEffect,
  proportionEffect,
  ratioEffect,
  relativeEffect,
  type Effect,
} from './effect.ts'
import { fixedInterval, posteriorOf, sequenceOf } from './inference.ts'
import { discoveries } from './multiplicity.ts'
import { normalCumulative, quantileOfNormal } from '../../core/statistics/normal.ts'

const effect = (estimate: number, variance: number, n = 1_000): Effect => ({
  kind: 'effect',
  estimate,
  variance,
  n,
  scale: 'difference',
})

describe('the normal distribution', () => {
  it('agrees with the chi-square distribution of its square', () => {
    for (let x = 0; x < 8; x += 0.13) {
      expect(normalCumulative(x) - normalCumulative(-x)).toBeCloseTo(chiSquareCumulative(x * x, 1), 14)
      expect(normalCumulative(x) + normalCumulative(-x)).toBeCloseTo(1, 15)
    }
    // erfc(10 / sqrt 2) / 2
    expect(normalCumulative(-10) / 7.61985302416059e-24).toBeCloseTo(1, 12)
    expect([normalCumulative(Infinity), normalCumulative(-Infinity), normalCumulative(NaN)]).toEqual([
      1,
      0,
      NaN,
    ])
  })

  it('has its quantile as inverse', () => {
    for (const p of [1e-300, 1e-12, 0.02375, 0.3, 0.5, 0.95, 1 - 1e-9])
      expect(normalCumulative(quantileOfNormal(p)) / p).toBeCloseTo(1, 10)
  })
})

describe('the sequence', () => {
  const sane = { noNaN: true, noDefaultInfinity: true }
  const estimates = fc.double({ min: -3, max: 3, ...sane })
  const variances = fc.double({ min: 1e-6, max: 1, ...sane })

  it('excludes 0 exactly when its factor reaches 1 / alpha, and is wider than the fixed interval', () =>
    fc.assert(
      fc.property(
        estimates,
        variances,
        fc.integer({ min: 1, max: 100_000 }),
        (estimate, variance, usersPlanned) => {
          const one = effect(estimate, variance)
          const { low, high, logFactor, cautious } = sequenceOf(one, { usersPlanned })
          // At the limit itself, rounding decides.
          fc.pre(Math.abs(logFactor - Math.log(20)) > 1e-9)
          expect(low > 0 || high < 0).toBe(logFactor >= Math.log(20))
          const fixed = fixedInterval(one)
          expect(low).toBeLessThan(fixed.low)
          expect(cautious.low).toBeLessThan(low)
          expect(high - estimate).toBeCloseTo(estimate - low, 9)
        },
      ),
    ))

  it('is narrowest, in standard errors, at the planned users', () => {
    const width = (n: number) => {
      const { low, high } = sequenceOf(effect(0, 1, n), { usersPlanned: 1_000 })
      return high - low
    }
    expect(width(1_000)).toBeLessThan(width(700))
    expect(width(1_000)).toBeLessThan(width(1_400))
    expect(width(1_000) / (2 * quantileOfNormal(0.975))).toBeCloseTo(1.549, 3)
  })
})

describe('the posterior', () => {
  it('is the likelihood itself under the flat prior, and shrinks towards 0 under another', () => {
    const flat = posteriorOf(effect(0.2, 0.01))
    expect(flat).toMatchObject({ mean: 0.2, sd: 0.1, probabilityPositive: normalCumulative(2) })
    const shrunk = posteriorOf(effect(0.2, 0.01), 0.1)
    expect(shrunk.mean).toBeCloseTo(0.1, 12)
    expect(shrunk.sd).toBeCloseTo(0.1 / Math.SQRT2, 12)
  })

  it('has an expected loss that is the average of what is given up', () => {
    const { mean, sd, expectedLoss } = posteriorOf(effect(0.05, 0.01))
    let average = 0
    const steps = 20_000
    for (let i = 0; i < steps; i++)
      average += Math.max(0, -(mean + sd * quantileOfNormal((i + 0.5) / steps))) / steps
    expect(expectedLoss).toBeCloseTo(average, 5)
    expect(posteriorOf(effect(5, 0.01)).expectedLoss).toBeCloseTo(0, 12)
  })
})

describe('an effect that is none', () => {
  const values = { n: 100, sumY: 100, sumYY: 250 }
  const empty = { n: 0, sumY: 0, sumYY: 0 }
  const ratio = { ...values, sumD: 100, sumDD: 150, sumYD: 150 }
  const adjusted = { ...values, sumX: 100, sumXX: 150, sumXY: 150 }
  const proportion = { users: 100, conversions: 10 }
  it.each([
    ['an empty arm', () => meanEffect(values, empty), 'empty-arm'],
    ['an empty arm', () => ratioEffect(ratio, { ...ratio, n: 0 }), 'empty-arm'],
    ['an empty arm', () => adjustedEffect({ ...adjusted, n: 0 }, adjusted), 'empty-arm'],
    ['an empty arm', () => proportionEffect(proportion, { users: 0, conversions: 0 }), 'empty-arm'],
    [
      'more conversions than users',
      () => proportionEffect(proportion, { users: 5, conversions: 6 }),
      'more-conversions-than-users',
    ],
    [
      'no variance',
      () => meanEffect({ n: 5, sumY: 5, sumYY: 5 }, { n: 5, sumY: 5, sumYY: 5 }),
      'no-variance',
    ],
    ['a baseline near 0', () => relativeEffect({ n: 5, sumY: 0, sumYY: 5 }, values), 'baseline-near-zero'],
    ['what is not finite', () => meanEffect(values, { n: 100, sumY: NaN, sumYY: 1 }), 'not-finite'],
    [
      'what is not finite',
      () => meanEffect(values, { n: 100, sumY: Infinity, sumYY: Infinity }),
      'not-finite',
    ],
    ['what is not finite', () => proportionEffect(proportion, { users: NaN, conversions: 0 }), 'not-finite'],
    ['a denominator of 0', () => ratioEffect(ratio, { ...ratio, sumD: 0 }), 'not-finite'],
  ])('is named: %s', (_, compute, reason) => expect(compute()).toEqual({ kind: 'none', reason }))

  it('keeps precision by a centre, where squares would cancel', () => {
    const around = (centre: number) => ({ n: 4, sumY: 10, sumYY: 30, centre })
    const near = meanEffect(around(0), around(0))
    const far = meanEffect(around(1e9), around(1e9))
    expect(far).toEqual(near)
  })
})

it('e-BH names no more than it may', () => {
  expect(discoveries([], 0.05)).toEqual([])
  expect(discoveries([20], 0.05)).toEqual([true])
  expect(discoveries([39, 1], 0.05)).toEqual([false, false])
  expect(discoveries([40, 1], 0.05)).toEqual([true, false])
  expect(discoveries([1, 25, 30, 21], 0.05)).toEqual([false, false, false, false])
  expect(discoveries([1, 27, 30, 28], 0.05)).toEqual([false, true, true, true])
})
