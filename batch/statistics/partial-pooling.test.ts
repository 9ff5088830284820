// Partial pooling against a published example, and its laws.
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { breakdownsOf } from './breakdown.ts'
import { poolEffects } from './partial-pooling.ts'

const effect = fc.record({
  estimate: fc.double({ min: -3, max: 3, noNaN: true }),
  variance: fc.double({ min: 1e-4, max: 9, noNaN: true }),
})

it('draws every effect towards the others, and never beyond them', () => {
  fc.assert(
    fc.property(fc.array(effect, { minLength: 1, maxLength: 12 }), (segments) => {
      const { effects, spread } = poolEffects(segments)
      const all = segments.map(({ estimate }) => estimate)
      for (const { mean, low, high } of effects) {
        expect(low).toBeLessThan(high)
        expect(low).toBeLessThanOrEqual(mean)
        expect(mean).toBeLessThanOrEqual(high)
        expect(mean).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9)
        expect(mean).toBeLessThanOrEqual(Math.max(...all) + 1e-9)
      }
      expect(spread.median).toBeLessThanOrEqual(spread.q95)
    }),
  )
})

it('leaves one segment as it is', () => {
  const { effects } = poolEffects([{ estimate: 0.3, variance: 0.04 }])
  expect(effects[0]!.mean).toBeCloseTo(0.3, 9)
  expect(effects[0]!.high).toBeCloseTo(0.3 + 1.959964 * 0.2, 4)
})

// BDA3, table 5.3: with tau at about 0, all schools have the mean of 7.7 with a standard error of 4.1.
it('pools the eight schools nearly completely where the prior knows no such spread', () => {
  const [y, sd] = [
    [28, 8, -3, 7, -1, 1, 18, 12],
    [15, 10, 16, 11, 9, 11, 10, 18],
  ] as const
  const { effects } = poolEffects(y.map((estimate, i) => ({ estimate, variance: sd[i]! ** 2 })))
  for (const { mean, low, high } of effects) {
    expect(Math.abs(mean - 7.7)).toBeLessThan(1.2)
    expect(high - low).toBeGreaterThan(15)
  }
})

const cell = (value: string | null, variationId: string, users: number, conversions: number) => ({
  attribute: 'plan',
  value,
  variationId,
  users,
  conversions,
})

it('says of each segment what was observed and what is to be believed of it', () => {
  const [breakdown] = breakdownsOf(
    [
      cell('free', 'a', 50_000, 2_500),
      cell('free', 'b', 50_000, 2_750),
      cell('pro', 'a', 100, 5),
      cell('pro', 'b', 100, 12),
      cell(null, 'a', 10, 0),
      cell('only b', 'b', 3, 1),
    ],
    'a',
  )
  expect(breakdown!.segments.map(({ value }) => value)).toEqual(['free', 'pro', 'only b', null])
  const [free, pro, onlyB, others] = breakdown!.segments
  expect(free!.comparisons[0]!.observed).toBeCloseTo(0.1, 9)
  expect(free!.comparisons[0]!.pooled.estimate).toBeGreaterThan(0.09)
  expect(pro!.comparisons[0]!.observed).toBeCloseTo(1.4, 9)
  expect(pro!.comparisons[0]!.pooled.estimate).toBeLessThan(0.4)
  expect([onlyB!.comparisons, others!.comparisons]).toEqual([[], []])
})

it('says nothing of arms of unequal size where nobody converted', () => {
  const [breakdown] = breakdownsOf([cell('x', 'a', 900, 0), cell('x', 'b', 100, 0)], 'a')
  expect(breakdown!.segments[0]!.comparisons[0]).toMatchObject({ observed: null })
  expect(breakdown!.segments[0]!.comparisons[0]!.pooled.estimate).toBeCloseTo(0, 9)
})
