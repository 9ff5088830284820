import fc from '../../test/support/build/fast-check.ts'
import { describe, expect, it } from 'vitest'
import type { GuardrailReport, Margin } from '../../core/model/guardrail.ts'
import { normalDensity } from '../../core/statistics/normal.ts'
import type { ArmCounts } from './comparison.ts'
import { guardArms, type GuardrailInput } from './guardrail.ts'
import { oneSidedSequence } from './inference.ts'

const dayMs = 86_400_000
const arm = (variationId: string, users: number, conversions: number, more: Partial<ArmCounts> = {}) => ({
  variationId,
  users,
  conversions,
  expectedWeight: 1,
  ...more,
})
const guard = (counts: ArmCounts[], margin: Margin, more: Partial<GuardrailInput> = {}) =>
  guardArms({
    goalKey: 'signup',
    margin,
    guardrails: 1,
    counts,
    baselineVariationId: 'a',
    direction: 'increase',
    usersPlanned: 20_000,
    window: { from: 0, to: 7 * dayMs },
    ...more,
  })

it('judges no variation that has no share of the users', () => {
  const own = [arm('a', 10_000, 1_000), arm('b', 10_000, 1_000)]
  const margin: Margin = { relative: 0.1 }
  const stray = arm('stray', 300, 10, { expectedWeight: 0 })
  expect(guard([...own, stray], margin)).toEqual(guard(own, margin))
})

describe('the one-sided sequence', () => {
  it('is the mixture over positive effects that its formula says', () => {
    // The effect that is mixed over has a half-normal prior, whose variance is R times that of the estimate.
    for (const [estimate, ratio] of [
      [2.5, 8.21],
      [-1, 8.21],
      [0.3, 0.2],
      [4, 40],
    ] as const) {
      const spread = Math.sqrt(ratio)
      const step = spread / 4_000
      let integral = 0
      for (let effect = step / 2; effect < 12 * spread; effect += step)
        integral +=
          ((2 * normalDensity(effect / spread)) / spread) *
          Math.exp(effect * estimate - effect ** 2 / 2) *
          step
      const { logFactor } = oneSidedSequence(
        { kind: 'effect', estimate, variance: 1, n: 100, scale: 'difference' },
        { expectedEffect: spread },
      )
      expect(logFactor).toBeCloseTo(Math.log(integral), 5)
    }
  })
})

describe('a guardrail', () => {
  const arms = fc.record({
    users: fc.integer({ min: 1_000, max: 200_000 }),
    rate: fc.double({ min: 0.02, max: 0.9, noNaN: true }),
    lift: fc.double({ min: -0.3, max: 0.1, noNaN: true }),
    ratio: fc.double({ min: 0.1, max: 1, noNaN: true }),
  })
  const margins = fc.oneof(
    fc.double({ min: 0.001, max: 0.5, noNaN: true }).map((relative): Margin => ({ relative })),
    fc.double({ min: 0.001, max: 0.2, noNaN: true }).map((absolute): Margin => ({ absolute })),
  )
  const measured = (rate: number) => ({ measure: { mean: rate * 7, variance: 40, n: 0 } })
  const pairOf = (isValue: boolean, { users, rate, lift, ratio }: Record<string, number>) =>
    [
      ['a', users!, rate!],
      ['b', Math.round(users! * ratio!), rate! * (1 + lift!)],
    ].map(([id, n, p]) => {
      const { measure } = measured(p as number)
      const counts = arm(id as string, n as number, Math.round((n as number) * (p as number)))
      return isValue ? { ...counts, measure: { ...measure, n: n as number } } : counts
    })

  it('is kept exactly where the worst change that is possible is within the margin', () => {
    fc.assert(
      fc.property(arms, margins, fc.boolean(), fc.boolean(), (pair, margin, isValue, isIncrease) => {
        const direction = isIncrease ? 'increase' : 'decrease'
        const [report] = guard(pairOf(isValue, pair), margin, { direction })
        const { outcome, worst } = report!
        const tolerated = 'relative' in margin ? margin.relative : margin.absolute
        const loss = worst === null ? Infinity : isIncrease ? -worst : worst
        fc.pre(Math.abs(loss - tolerated) > 1e-9)
        expect(outcome === 'kept').toBe(loss < tolerated)
      }),
    )
  })

  it('is never kept or broken against what was seen', () => {
    fc.assert(
      fc.property(arms, margins, fc.boolean(), (pair, margin, isValue) => {
        const [report] = guard(pairOf(isValue, pair), margin)
        const { estimate, outcome } = report!
        const tolerated = 'relative' in margin ? margin.relative : margin.absolute
        if (outcome === 'kept') expect(estimate).toBeGreaterThan(-tolerated)
        if (outcome === 'broken') expect(estimate).toBeLessThan(-tolerated)
      }),
    )
  })

  it.each<[string, ArmCounts[], Margin, Partial<GuardrailInput>, Partial<GuardrailReport>]>([
    [
      'holds where little differs',
      [arm('a', 50_000, 25_000), arm('b', 50_000, 24_950)],
      { relative: 0.05 },
      {},
      {
        outcome: 'kept',
        reason: 'b keeps signup (-0.2 %, at worst -2.03 %; up to 5 % less is tolerated).',
      },
    ],
    [
      'is broken where more is lost than tolerated',
      [arm('a', 50_000, 5_000), arm('b', 50_000, 4_000)],
      { absolute: 0.005 },
      {},
      {
        outcome: 'broken',
        reason: 'b breaks signup (-0.02, at worst -0.0253; up to 0.005 less is tolerated).',
      },
    ],
    [
      'is open before anything is shown',
      [arm('a', 1_000, 100), arm('b', 1_000, 99)],
      { relative: 0.05 },
      { direction: 'decrease' },
      { outcome: 'open', reason: expect.stringContaining('up to 5 % more is tolerated') },
    ],
    [
      'tells a loss that is tolerated from one that is not',
      [arm('a', 500_000, 50_000), arm('b', 500_000, 48_500)],
      { relative: 0.06 },
      {},
      { outcome: 'kept' },
    ],
    [
      'is not measured where nobody converted',
      [arm('a', 50_000, 0), arm('b', 50_000, 0)],
      { relative: 0.05 },
      {},
      {
        outcome: 'not-measured',
        reason: 'signup is not measured for b: nobody converted.',
        estimate: null,
        worst: null,
      },
    ],
  ])('%s', (_, counts, margin, more, expected) => {
    expect(guard(counts, margin, more)).toMatchObject([expected])
  })

  it('says how long until it is shown, if what was seen goes on', () => {
    const counts = [arm('a', 10_000, 1_000), arm('b', 10_000, 1_000)]
    const [now] = guard(counts, { relative: 0.1 })
    const days = now!.moreDays!
    const later = (factor: number) =>
      guard(
        counts.map((one) => ({
          ...one,
          users: Math.round(one.users * factor),
          conversions: Math.round(one.conversions * factor),
        })),
        { relative: 0.1 },
      )[0]!.outcome
    expect([later((7 + days) / 7), later((7 + days - 2) / 7)]).toEqual(['kept', 'open'])
  })

  it('has a share of the baseline only where its mean is above 0', () => {
    const value = (variationId: string, mean: number) =>
      arm(variationId, 1_000, 500, { measure: { mean, variance: 1, n: 1_000 } })
    const [report] = guard([value('a', -1), value('b', -1)], { relative: 0.1 })
    expect(report).toMatchObject({ outcome: 'not-measured', reason: expect.stringContaining('not above 0') })
  })
})
