// Chances to be the best: cases with a known answer, laws, and a world in which adding up misleads.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { chancesOfBest, stratifiedRates } from './best-chance.ts'

const beta = (a: number, b: number) => ({
  mean: a / (a + b),
  variance: (a * b) / ((a + b) ** 2 * (a + b + 1)),
})

describe('the chance to be the best', () => {
  // P(Beta(a, 1) > Beta(b, 1)) = a / (a + b): their logarithms are exponential.
  it.each([
    [2, 1],
    [5, 1],
    [30, 20],
    [3, 3],
    [0.5, 1],
    [0.01, 0.5],
  ])('of Beta(%s, 1) against Beta(%s, 1) is the closed form', (a, b) => {
    const [chance] = chancesOfBest([beta(a, 1), beta(b, 1)], 'highest')
    expect(chance).toBeCloseTo(a / (a + b), 2)
  })

  it('is right where one arm is known a thousand times better than the other', () => {
    const [narrow, wide] = chancesOfBest([beta(5e6, 5e6), beta(5, 5)], 'highest')
    expect([narrow!, wide!].map((each) => each.toFixed(2))).toEqual(['0.50', '0.50'])
    const rare = chancesOfBest([beta(100, 1e6), beta(150, 1e6)], 'highest')
    expect(rare[1]).toBeGreaterThan(0.99)
  })

  // P(B > A) of two million draws (numpy) from Beta(1/2 + goals, 1/2 + misses).
  it.each([
    [[200, 0], [200, 1], 0.818],
    [[1_000, 0], [1_000, 1], 0.8185],
    [[200, 0], [2_000, 10], 0.8385],
    [[200, 1], [200, 3], 0.841],
    [[200, 200], [200, 199], 0.182],
  ])('knows little of %j against %j, where goals or misses are few', (a, b, expected) => {
    const [first, second] = [a, b].map(([users, goals]) => ({ users: users!, goals: goals! }))
    const rates = stratifiedRates([[first!, second!]])
    expect(Math.abs(chancesOfBest(rates, 'highest')[1]! - expected)).toBeLessThan(0.004)
  })

  it('takes no phase of an arm without goals for one that is known', () => {
    // By its own rate, b would be at 0.25 % with hardly any doubt: in the second phase it had 50 users.
    const phases = [
      [
        { users: 5_000, goals: 25 },
        { users: 5_000, goals: 25 },
      ],
      [
        { users: 9_950, goals: 50 },
        { users: 50, goals: 0 },
      ],
    ]
    expect(chancesOfBest(stratifiedRates(phases), 'highest')[1]).toBeGreaterThan(0.2)
  })

  it('adds up to 1, favours whoever has the higher rate, and turns round with the direction', () => {
    const arm = fc
      .integer({ min: 20, max: 100_000 })
      .chain((users) => fc.record({ users: fc.constant(users), goals: fc.integer({ min: 0, max: users }) }))
    fc.assert(
      fc.property(fc.array(arm, { minLength: 2, maxLength: 6 }), (arms) => {
        const rates = stratifiedRates([arms])
        const highest = chancesOfBest(rates, 'highest')
        const lowest = chancesOfBest(rates, 'lowest')
        for (const chances of [highest, lowest]) {
          expect(chances.every((chance) => chance >= 0 && chance <= 1)).toBe(true)
          expect(chances.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9)
        }
        const [first, second] = rates
        const apart = Math.abs(first!.mean - second!.mean) / Math.sqrt(first!.variance + second!.variance)
        if (arms.length > 2 || apart < 0.1) return
        expect(highest[0]! > highest[1]!).toBe(first!.mean > second!.mean)
        expect(highest[0]).toBeCloseTo(lowest[1]!, 6)
      }),
    )
  })

  it('is not misled by phases with other shares and another rate, as the sums are', () => {
    // b is better in both phases; a got most users in the good one.
    const phases = [
      [
        { users: 9_000, goals: 2_700 },
        { users: 1_000, goals: 330 },
      ],
      [
        { users: 1_000, goals: 50 },
        { users: 9_000, goals: 540 },
      ],
    ]
    const summed = [0, 1].map((arm) => ({
      users: phases[0]![arm]!.users + phases[1]![arm]!.users,
      goals: phases[0]![arm]!.goals + phases[1]![arm]!.goals,
    }))
    expect(chancesOfBest(stratifiedRates([summed]), 'highest')[1]).toBeLessThan(0.01)
    expect(chancesOfBest(stratifiedRates(phases), 'highest')[1]).toBeGreaterThan(0.9)
  })

  it('is even where nothing is known', () => {
    const nobody = { users: 0, goals: 0 }
    for (const each of chancesOfBest(stratifiedRates([[nobody, nobody, nobody]]), 'highest'))
      expect(each).toBeCloseTo(1 / 3, 6)
  })
})
