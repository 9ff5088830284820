// The laws of what is measured and compared of a metric.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import type { Decision } from '../../core/model/experiment-result.ts'
import type { GoalMetric } from '../../core/model/goal-metric.ts'
import { compareArms } from './compare.ts'
import { adjust, adjustedEffect, meanEffect, meanOf, pooledEffect, ratioMeasure } from './effect.ts'
import { addSums, centred, type ExactSums, noSums } from './exact-sums.ts'
import { posteriorOf } from './inference.ts'
import { normalMarginal, standings, studentMarginal } from './marginal.ts'
import { measureMetric, metricVariations } from './measure-metric.ts'
import { normalCumulative } from '../../core/statistics/normal.ts'

interface User {
  readonly y: number
  readonly d: number
  readonly x: number
}

const units = (value: number) => BigInt(Math.round(value * 100)) * 10n ** 7n
function sumsOf(users: readonly User[]): ExactSums {
  return users.reduce<ExactSums>((sums, { y, d, x }) => {
    const [a, b, c] = [units(y), units(d), units(x)]
    return addSums(sums, {
      users: 1,
      conversions: y === 0 ? 0 : 1,
      unreadableUsers: 0,
      sumY: a,
      sumYY: a * a,
      sumD: b,
      sumDD: b * b,
      sumYD: a * b,
      sumX: c,
      sumXX: c * c,
      sumXY: a * c,
      sumRawY: a,
      sumRawYY: a * a,
      stepUsers: [],
    })
  }, noSums)
}

const cents = (max: number) => fc.integer({ min: 0, max }).map((value) => value / 100)
const user = fc.record({ y: cents(100_000), d: cents(1_000), x: cents(100_000) })
const some = fc.array(user, { minLength: 1, maxLength: 30 })
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
/** Two arms of so many users that they can be read; the second one spends more or less. */
const worlds = fc
  .record({ shift: fc.integer({ min: -80, max: 80 }), seed: fc.integer({ min: 1, max: 1_000_000 }) })
  .map(({ shift, seed }) => {
    let state = seed
    const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const arm = (more: number) =>
      Array.from({ length: 300 }, () => {
        const [x, d] = [Math.round(next() * 100) / 100, 1 + Math.floor(next() * 4)]
        return { x, d, y: Math.round((3 + x + next() + (more * next()) / 100) * 100) / 100 }
      })
    return [arm(0), arm(shift)] as const
  })

const decision: Decision = { kind: 'always-valid', alpha: 0.05, usersPlanned: 1_000 }
function compared(arms: readonly (readonly User[])[], definition: GoalMetric, asked = decision) {
  const byVariation = new Map(arms.map((users, k) => ['ab'[k]!, sumsOf(users)]))
  const plain = arms.map((_, k) => ({ variationId: 'ab'[k]!, users: 0, conversions: 0, expectedWeight: 1 }))
  const metric = measureMetric({ event: 'bought', definition, byVariation, high: null }, plain)
  const [comparison] = compareArms({
    counts: metric.counts,
    baselineVariationId: 'a',
    decision: asked,
    direction: 'increase',
    equivalence: 0.02,
    window: { from: 0, to: 86_400_000 },
  })
  return { metric, comparison: comparison! }
}

describe('sums', () => {
  it('are the same in whatever parts and order they were added up, and as computed at once', () =>
    fc.assert(
      fc.property(some, some, some, (p, q, r) => {
        const [a, b, c] = [sumsOf(p), sumsOf(q), sumsOf(r)]
        const together = sumsOf([...r, ...p, ...q])
        expect(addSums(addSums(a, b), c)).toEqual(together)
        expect(addSums(a, addSums(b, c))).toEqual(together)
        const all = [...p, ...q, ...r]
        const { mean: centre, variance } = meanOf(centred(together, all.length)) ?? {
          mean: NaN,
          variance: NaN,
        }
        const plain = mean(all.map(({ y }) => y))
        expect(centre).toBeCloseTo(plain, 8)
        const spread = mean(all.map(({ y }) => (y - plain) ** 2))
        expect(Math.abs(variance - spread)).toBeLessThanOrEqual(1e-9 * (1 + spread))
      }),
    ))

  it('keep the spread of values that lie far from 0, and the largest are no more than exact', () => {
    const far = (y: number) => ({ y, d: 0, x: 0 })
    const { variance } = meanOf(centred(sumsOf([far(1e13), far(1e13 + 0.01), far(1e13 + 0.02)]), 3))!
    expect(variance).toBeCloseTo((2 * 0.01 ** 2) / 3, 15)
  })
})

describe('a metric', () => {
  const kinds: GoalMetric[] = [
    { kind: 'value', priorDays: 0 },
    { kind: 'value' },
    { kind: 'ratio', sum: 'value', denominator: { event: 'visit', sum: 'count' } },
    { kind: 'value-per-converter' },
  ]
  it.each(kinds)('is the same question in another currency: $kind', (definition) =>
    fc.assert(
      fc.property(worlds, fc.constantFrom(10, 100, 1_000), (arms, rate) => {
        const abroad = arms.map((users) => users.map(({ y, d, x }) => ({ y: y * rate, d, x: x * rate })))
        const [one, other] = [compared(arms, definition).comparison, compared(abroad, definition).comparison]
        expect(other.outcome).toBe(one.outcome)
        expect(other.evidence).toBeCloseTo(one.evidence!, 6)
        for (const end of ['low', 'estimate', 'high'] as const) {
          expect(other.difference![end]! / rate).toBeCloseTo(one.difference![end]!, 8)
          expect(other.relative![end]!).toBeCloseTo(one.relative![end]!, 8)
        }
      }),
      { numRuns: 20 },
    ),
  )

  it.each([decision, { kind: 'always-valid', alpha: 0.05, usersPlanned: null }] as Decision[])(
    'names an arm exactly if its intervals exclude 0, absolute and relative',
    (asked) =>
      fc.assert(
        fc.property(worlds, fc.constantFrom(...kinds), (arms, definition) => {
          const { outcome, difference, relative } = compared(arms, definition, asked).comparison
          expect(outcome === 'better').toBe(difference!.low > 0)
          expect(outcome === 'worse').toBe(difference!.high! < 0)
          expect(relative!.low > 0).toBe(difference!.low > 0)
          expect(relative!.high! < 0).toBe(difference!.high! < 0)
          expect(relative!.low).toBeLessThan(relative!.estimate)
          expect(relative!.estimate).toBeLessThan(relative!.high!)
        }),
        { numRuns: 60 },
      ),
  )

  it('has no relative difference to a baseline around 0, and is decided all the same', () => {
    const arm = (centre: number) =>
      Array.from({ length: 400 }, (_, i) => ({ y: centre + (i % 2 === 0 ? 1 : -1), d: 1, x: 0 }))
    const { comparison } = compared([arm(0.01), arm(2)], { kind: 'value', priorDays: 0 })
    expect(comparison).toMatchObject({ outcome: 'better', relative: null, cautious: null })
    expect(comparison.difference!.low).toBeGreaterThan(0)
  })

  it('has probabilities that fit its intervals, for either direction', () =>
    fc.assert(
      fc.property(worlds, (arms) => {
        const { metric, comparison } = compared(arms, { kind: 'value', priorDays: 0 })
        const [, b] = metricVariations(metric, 'a', 'increase')
        const [less, more] = metricVariations(metric, 'a', 'decrease')
        const [first, second] = metric.counts.map(({ measure }) => measure)
        const effect = pooledEffect(first as never, second as never)
        if (effect.kind === 'none') throw new Error(effect.reason)
        const { probabilityPositive, expectedLoss } = posteriorOf(effect)
        expect(b!.probabilityBeatsBaseline).toBeCloseTo(probabilityPositive, 9)
        expect(b!.expectedLoss).toBeCloseTo(expectedLoss, 9)
        expect(b!.probabilityBest! + more!.probabilityBest!).toBeCloseTo(1, 9)
        expect(less!.probabilityBest! + more!.probabilityBest!).toBeCloseTo(1, 9)
        if (comparison.outcome === 'better') expect(b!.probabilityBest).toBeGreaterThan(0.95)
      }),
      { numRuns: 30 },
    ))
})

describe('an adjusted mean', () => {
  it('is the mean itself if the past tells nothing, or if there is none', () =>
    fc.assert(
      fc.property(worlds, ([a, b]) => {
        // Each user twice, with a past that is once above and once below.
        const told = (users: readonly User[]) =>
          users.flatMap(({ y, d }) => [
            { y, d, x: 1 },
            { y, d, x: 3 },
          ])
        const [p, q] = [told(a), told(b)].map((users) => centred(sumsOf(users), users.length))
        const raw = meanEffect(p!, q!)
        if (raw.kind === 'none') throw new Error(raw.reason)
        const { theta, gain, arms } = adjust([p!, q!])!
        expect(theta).toBeCloseTo(0, 9)
        expect(gain).toBeCloseTo(1, 9)
        const adjusted = pooledEffect(arms[0]!, arms[1]!)
        if (adjusted.kind === 'none') throw new Error(adjusted.reason)
        expect(adjusted.estimate).toBeCloseTo(raw.estimate, 9)
        expect(adjusted.variance).toBeCloseTo(raw.variance, 9)
        const none = [a, b].map((users) =>
          centred(sumsOf(users.map((one) => ({ ...one, x: 0 }))), users.length),
        )
        expect(adjust(none)).toBeUndefined()
        expect(adjustedEffect(none[0]!, none[1]!)).toMatchObject({ theta: 0, gain: 1 })
      }),
      { numRuns: 20 },
    ))

  it('is the same about whatever centres', () =>
    fc.assert(
      fc.property(worlds, cents(10_000), cents(10_000), ([a, b], y, x) => {
        const moved = (users: readonly User[]) => {
          const own = centred(sumsOf(users), users.length)
          const far = users.reduce(
            (sums, one) => ({
              ...sums,
              sumY: sums.sumY + one.y - y,
              sumYY: sums.sumYY + (one.y - y) ** 2,
              sumX: sums.sumX + one.x - x,
              sumXX: sums.sumXX + (one.x - x) ** 2,
              sumXY: sums.sumXY + (one.x - x) * (one.y - y),
            }),
            { n: users.length, centre: y, centreX: x, sumY: 0, sumYY: 0, sumX: 0, sumXX: 0, sumXY: 0 },
          )
          return { own, far }
        }
        const [one, other] = [moved(a), moved(b)]
        const [near, far] = [adjust([one.own, other.own])!, adjust([one.far, other.far])!]
        expect(far.theta).toBeCloseTo(near.theta, 5)
        expect(far.arms[1]!.mean).toBeCloseTo(near.arms[1]!.mean, 6)
      }),
      { numRuns: 20 },
    ))
})

describe('a ratio', () => {
  it('of a constant denominator is the mean, in other units', () =>
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 50 }), (users, d) => {
        fc.pre(users.length > 1)
        const sums = centred(sumsOf(users.map((one) => ({ ...one, d }))), users.length)
        const [ratio, plain] = [ratioMeasure(sums)!, meanOf(sums)!]
        expect(ratio.mean * d).toBeCloseTo(plain.mean, 8)
        expect(ratio.variance * d ** 2).toBeCloseTo(plain.variance, 4)
      }),
    ))
})

describe("Student's t", () => {
  it('has its quantile as inverse, and is normal with many degrees of freedom', () => {
    for (const degrees of [3, 17.5, 122, 1e6]) {
      const t = studentMarginal(2, 0.5, degrees)
      for (const p of [0.001, 0.025, 0.4, 0.5, 0.9]) expect(t.cumulative(t.quantile(p))).toBeCloseTo(p, 10)
      expect(t.quantile(0.5)).toBeCloseTo(2, 12)
    }
    expect(studentMarginal(0, 1, 1e7).cumulative(1.3)).toBeCloseTo(normalCumulative(1.3), 6)
  })

  it('compares like a normal distribution where it is one', () => {
    const [t, normal] = [studentMarginal(1, 0.2, 1e7), normalMarginal(1, 0.2)]
    const other = normalMarginal(1.3, 0.4)
    const [a, b] = [standings([t, other], 0, 'increase'), standings([normal, other], 0, 'increase')]
    for (const k of [0, 1]) {
      expect(a[k]!.probabilityBest).toBeCloseTo(b[k]!.probabilityBest, 6)
      expect(a[k]!.expectedLoss).toBeCloseTo(b[k]!.expectedLoss, 6)
    }
  })
})
