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
