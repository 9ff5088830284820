// Plans: against values computed elsewhere, and the laws between users, effects and power. That a plan keeps
// its power is simulated (test/simulate/simulate.test.ts).
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { planOf } from './plan.ts'
import { conversionsPlanned, liftFound, type PlanInput, planKinds, usersNeeded } from './planning.ts'

const rate = (value: number) => ({ kind: 'rate', rate: value }) as const
const plan = (more: Partial<PlanInput> = {}): PlanInput => ({
  metric: rate(0.05),
  lift: 0.1,
  shares: [1, 1],
  power: 0.8,
  ...more,
})
const anyPlan = fc.record({
  metric: fc.oneof(
    fc.double({ min: 0.001, max: 0.6, noNaN: true }).map(rate),
    fc.record({
      kind: fc.constant('mean' as const),
      mean: fc.double({ min: 0.1, max: 100, noNaN: true }),
      sd: fc.double({ min: 0.1, max: 500, noNaN: true }),
    }),
  ),
  lift: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
  shares: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }),
  power: fc.double({ min: 0.5, max: 0.95, noNaN: true }),
})

describe('users needed', () => {
  it('equal the textbook’s for a test with one look', () => {
    // Fleiss 1981: (1.959964 + 0.841621)^2 (0.05 0.95 + 0.055 0.945) / 0.005^2
    expect(usersNeeded('fixed-test', plan()) / 2).toBeCloseTo(31_230.692_463, 5)
    // Means: (1.959964 + 0.841621)^2 2 20^2 / 1^2
    const mean = { kind: 'mean', mean: 10, sd: 20 } as const
    expect(usersNeeded('fixed-test', plan({ metric: mean })) / 2).toBeCloseTo(6_279.103_787, 5)
  })

  it('grow little for a fixed horizon that may be looked at, and by three quarters without an end', () => {
    const [test, horizon, always] = planKinds.map((kind) => usersNeeded(kind, plan()))
    expect(horizon! / test!).toBeCloseTo(1.016, 2)
    expect(always! / test!).toBeCloseTo(1.757, 2)
  })

  it('fall with the effect, and grow with the power, the arms and the certainty', () => {
    fc.assert(
      fc.property(anyPlan, fc.constantFrom(...planKinds), (input, kind) => {
        const users = usersNeeded(kind, input)
        expect(users).toBeGreaterThan(0)
        expect(usersNeeded(kind, { ...input, lift: input.lift * 0.9 })).toBeGreaterThan(users)
        expect(usersNeeded(kind, { ...input, power: input.power + 0.02 })).toBeGreaterThan(users)
        expect(usersNeeded(kind, { ...input, alpha: 0.01 })).toBeGreaterThan(users)
        expect(usersNeeded(kind, { ...input, shares: [...input.shares, 1] })).toBeGreaterThan(users)
        expect(usersNeeded(kind, { ...input, shares: input.shares.map((share) => share * 7) })).toBeCloseTo(
          users,
          -Math.log10(users) + 8,
        )
      }),
    )
  })

  it('find the effect that they were planned for', () => {
    fc.assert(
      fc.property(anyPlan, fc.constantFrom(...planKinds), (input, kind) => {
        const found = liftFound(kind, input, usersNeeded(kind, input))!
        expect(found / input.lift).toBeCloseTo(1, 6)
      }),
    )
  })

  it('find nothing if they are too few', () => {
    for (const kind of planKinds) expect(liftFound(kind, plan(), 3)).toBeNull()
  })
})

describe('a plan', () => {
  const request = { ...plan(), alpha: 0.05, goal: { lift: 0.1 }, usersPerDay: 5_000 }

  it('counts whole users of each variation, and whole days', () => {
    const { plans, warnings } = planOf({ ...request, shares: [2, 1, 1] })
    expect(warnings).toEqual([])
    for (const row of plans) {
      expect(row.users).toBe(row.usersPerVariation.reduce((sum, users) => sum + users, 0))
      expect(Math.abs(row.usersPerVariation[0]! - 2 * row.usersPerVariation[1]!)).toBeLessThanOrEqual(2)
      expect(row.days).toBe(Math.ceil(row.users / 5_000))
    }
  })

  it('says what some days find', () => {
    const { plans } = planOf({ ...request, goal: { days: 14 } })
    expect(plans.map(({ users, days }) => [users, days])).toEqual(planKinds.map(() => [70_000, 14]))
    const [test, horizon, always] = plans.map(({ effect }) => effect!.relative)
    expect(test).toBeCloseTo(0.0943, 3)
    expect(horizon).toBeGreaterThan(test!)
    expect(always).toBeGreaterThan(horizon!)
    expect(plans[0]!.effect!.absolute).toBeCloseTo(0.05 * test!, 10)
  })

  it.each([
    [
      'fewer than 100 conversions',
      { metric: rate(0.2), goal: { lift: 0.9 } },
      /^Only \d+ users are planned who convert, or who do not/,
    ],
    ['less than a week', { usersPerDay: 100_000 }, /Run a full week/],
    ['more than a year', { usersPerDay: 10 }, /^It takes \d+ days/],
    ['unknown traffic', { usersPerDay: undefined }, /^Without the users of a day/],
    ['nothing to find', { usersPerDay: 1, goal: { days: 1 } }, /^So few users find no increase/],
    ['another level than the runner’s', { alpha: 0.1 }, /^The runner decides at 5 %/],
    ['means', { metric: { kind: 'mean', mean: 1, sd: 2 } as const }, /^Mean and sd are of all users/],
  ])('warns of %s', (_, more, sentence) => {
    const { warnings } = planOf({ ...request, ...more })
    expect(warnings.filter((warning) => sentence.test(warning))).toHaveLength(1)
  })

  it('counts conversions of the pair with the fewest, or those who do not convert', () => {
    expect(conversionsPlanned(plan({ shares: [8, 1, 1] }), 10_000)).toBeCloseTo(8_000 * 0.05 + 1_000 * 0.055)
    expect(conversionsPlanned(plan({ metric: rate(0.9), lift: 0.1 }), 1_000)).toBeCloseTo(
      500 * 0.1 + 500 * 0.01,
    )
  })
})
