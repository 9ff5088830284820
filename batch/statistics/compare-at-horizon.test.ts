import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { Comparison, type Decision } from '../../core/model/experiment-result.ts'
import { compareArms } from './compare.ts'
import type { ArmCounts, CompareInput } from './comparison.ts'

const dayMs = 86_400_000
const plannedEnd = 28 * dayMs
const arm = (variationId: string, users: number, conversions: number, expectedWeight = 1): ArmCounts => ({
  variationId,
  users,
  conversions,
  expectedWeight,
})

type Look = NonNullable<CompareInput['before']>

/** At this time, with this planned end. */
function lookAt(
  counts: readonly ArmCounts[],
  at: number,
  endAt: number,
  more: Pick<CompareInput, 'before' | 'isRed'> = {},
): Look {
  const decision: Decision = { kind: 'fixed-horizon', alpha: 0.05, gamma: 0.95, endAt, ended: at >= endAt }
  const window = { from: 0, to: Math.min(at, endAt) }
  const rule = { decision, direction: 'increase', equivalence: 0.02, window } as const
  const comparisons = compareArms({ counts, baselineVariationId: 'a', ...rule, ...more })
  return { decision, comparisons, isRed: more.isRed }
}

const outcomesOf = ({ comparisons }: Look) =>
  comparisons.map(({ variationId, outcome }) => [variationId, outcome])

/** Users of a day with their conversions, days since the last look, and a change of the end in days. */
const anyStep = fc.record({
  users: fc.integer({ min: 50, max: 4_000 }),
  rates: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.01, max: 0.06, noNaN: true }))),
  days: fc.double({ min: 0.5, max: 6, noNaN: true }),
  moved: fc.option(fc.double({ min: -10, max: 10, noNaN: true }), { nil: undefined }),
})

interface Step {
  readonly counts: readonly ArmCounts[]
  readonly at: number
  readonly endAt: number
}

const anySteps = fc
  .tuple(fc.integer({ min: 2, max: 3 }), fc.array(anyStep, { minLength: 1, maxLength: 7 }))
  .map(([arms, drawn]): Step[] => {
    const sums = [0, 1, 2].map(() => ({ users: 0, conversions: 0 }))
    let [at, endAt] = [0, plannedEnd]
    return drawn.map(({ users, rates, days, moved }) => {
      at += days * dayMs
      // As control has it: the end is moved to a time that is still to come.
      if (moved !== undefined) endAt = Math.max(at + dayMs / 2, endAt + moved * dayMs)
      const counts = sums.slice(0, arms).map((sum, i) => {
        sum.users += Math.round(users * days)
        sum.conversions += Math.round(users * days * rates[i]!)
        return arm('abc'[i]!, sum.users, sum.conversions)
      })
      return { counts, at, endAt: Math.round(endAt) }
    })
  })

describe('a fixed horizon, over any looks and changes of its end', () => {
  it('gives figures that can be stored, around the estimate, and around 0 if nothing is named', () => {
    const law = fc.property(anySteps, (steps) => {
      let before: Look | undefined
      for (const { counts, at, endAt } of steps) {
        before = lookAt(counts, at, endAt, { before })
        for (const comparison of before.comparisons) {
          expect(Comparison.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison)
          const isNamed = comparison.outcome === 'better' || comparison.outcome === 'worse'
          for (const interval of [comparison.difference, comparison.relative]) {
            const { estimate, low, high } = interval ?? { estimate: 0, low: 0, high: 0 }
            expect(low).toBeLessThanOrEqual(estimate)
            expect(high ?? Infinity).toBeGreaterThanOrEqual(estimate)
            if (!isNamed) expect(low <= 0 && (high ?? Infinity) >= 0).toBe(true)
          }
        }
      }
    })
    fc.assert(law, { numRuns: 300 })
  })

  it('says the same of the same look again, and after any red look', () => {
    const law = fc.property(anySteps, fc.double({ min: 0, max: 3, noNaN: true }), (steps, times) => {
      let before: Look | undefined
      for (const { counts, at, endAt } of steps) {
        const look = lookAt(counts, at, endAt, { before })
        expect(lookAt(counts, at, endAt, { before: look }).comparisons).toEqual(look.comparisons)
        const other = counts.map((one) => ({ ...one, conversions: Math.floor(one.users / (2 + times)) }))
        const red = lookAt(other, at, endAt + dayMs, { before, isRed: true })
        expect(lookAt(counts, at, endAt, { before: red }).comparisons).toEqual(look.comparisons)
        before = look
      }
    })
    fc.assert(law, { numRuns: 200 })
  })

  it('keeps a clear winner, with an interval that is one, if the end is moved just before it', () => {
    const before = lookAt([arm('a', 20_000, 1_000), arm('b', 20_000, 1_400)], 27.5 * dayMs, plannedEnd)
    const later = [arm('a', 24_000, 1_200), arm('b', 24_000, 1_680)]
    const [comparison] = lookAt(later, 33 * dayMs, 35 * dayMs, { before }).comparisons
    expect(comparison!.outcome).toBe('better')
    expect(comparison!.difference!.estimate).toBeCloseTo(0.02, 12)
    expect(comparison!.difference!.low).toBeGreaterThan(0.01)
    expect(comparison!.difference!.high).toBeLessThan(0.03)
  })

  it('takes nothing from the level for a variation that has no share of the users', () => {
    const law = fc.property(anySteps, fc.integer({ min: 1, max: 400 }), (steps, users) => {
      const stray = arm('stray', users, Math.floor(users / 2), 0)
      let [alone, beside]: (Look | undefined)[] = [undefined, undefined]
      for (const { counts, at, endAt } of steps) {
        alone = lookAt(counts, at, endAt, { before: alone })
        beside = lookAt([...counts, stray], at, endAt, { before: beside })
        expect(beside.comparisons.slice(0, -1)).toEqual(alone.comparisons)
        expect(beside.comparisons.at(-1)).toMatchObject({
          outcome: 'not-measured',
          reason: 'Not measured: stray has no share of the users.',
        })
      }
    })
    fc.assert(law, { numRuns: 100 })
  })

  it('keeps what is left of the level where an earlier release counted such a variation as an arm', () => {
    const half = lookAt([arm('a', 10_000, 500), arm('b', 10_000, 500)], 14 * dayMs, plannedEnd)
    const [one] = half.comparisons
    const { origins } = one!.horizon!
    const twice = { ...one!.horizon!, origins: [...origins, { ...origins[0]!, up: 0.01, down: 0.01 }] }
    const before = { ...half, comparisons: [{ ...one!, horizon: twice }] }
    const counts = [arm('a', 40_000, 2_000), arm('b', 40_000, 2_136)]
    const extended = (last: Look) => lookAt(counts, 56 * dayMs, 56 * dayMs, { before: last })
    expect(outcomesOf(extended(before))).toEqual([['b', 'open']])
    expect(extended(before)).toEqual(extended(half))
  })

  it('keeps where it began after a recount that has fewer users than there were then', () => {
    let before = lookAt([arm('a', 20_000, 1_000), arm('b', 20_000, 1_060)], 20 * dayMs, plannedEnd)
    before = lookAt([arm('a', 20_100, 1_005), arm('b', 20_100, 1_065)], 20.1 * dayMs, 40 * dayMs, { before })
    const { origins } = before.comparisons[0]!.horizon!
    expect(origins).toMatchObject([{ information: 10_000 }])
    for (const endAt of [40, 45, 60]) {
      const fewer = [arm('a', 12_000, 600), arm('b', 12_000, 640)]
      before = lookAt(fewer, 20.2 * dayMs, endAt * dayMs, { before })
      expect(before.comparisons[0]!.horizon!.origins).toEqual(origins)
    }
  })

  it('is named at an e-value of 1 / alpha, where one arm is compared', () => {
    for (let conversions = 1_000; conversions < 1_300; conversions++) {
      const counts = [arm('a', 20_000, 1_000), arm('b', 20_000, conversions)]
      const [one] = lookAt(counts, 20 * dayMs, plannedEnd).comparisons
      expect(one!.evidence! >= Math.log(20) - 1e-12).toBe(one!.outcome === 'better')
    }
  })
})
