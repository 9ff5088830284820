import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import type { Comparison, Decision } from '../../core/model/experiment-result.ts'
import { compareArms } from './compare.ts'
import type { ArmCounts, CompareInput } from './comparison.ts'

const dayMs = 86_400_000
const arm = (variationId: string, users: number, conversions: number, expectedWeight = 1): ArmCounts => ({
  variationId,
  users,
  conversions,
  expectedWeight,
})
const alwaysValid: Decision = { kind: 'always-valid', alpha: 0.05, usersPlanned: null }
const endAt = 28 * dayMs
const fixedHorizon = (more: Partial<Extract<Decision, { kind: 'fixed-horizon' }>> = {}) =>
  ({ kind: 'fixed-horizon', alpha: 0.05, gamma: 0.95, endAt, ended: false, ...more }) as const
const compare = (counts: readonly ArmCounts[], more: Partial<CompareInput> = {}): Comparison[] =>
  compareArms({
    counts,
    baselineVariationId: 'a',
    decision: alwaysValid,
    direction: 'increase',
    equivalence: 0.02,
    window: { from: 0, to: 14 * dayMs },
    ...more,
  })
const outcomes = (...given: Parameters<typeof compare>) =>
  Object.fromEntries(compare(...given).map(({ variationId, outcome }) => [variationId, outcome]))
const atDay = (day: number) => ({ window: { from: 0, to: day * dayMs } })

describe('always-valid comparisons', () => {
  it('name each arm against the baseline, so two good arms do not block each other', () => {
    expect(outcomes([arm('a', 20_000, 1_000), arm('b', 20_000, 1_250), arm('c', 20_000, 1_245)])).toEqual({
      b: 'better',
      c: 'better',
    })
  })

  it('follow the direction of the goal', () => {
    const counts = [arm('a', 20_000, 1_000), arm('b', 20_000, 1_250)]
    expect(outcomes(counts, { direction: 'decrease' })).toEqual({ b: 'worse' })
    expect(outcomes([arm('a', 20_000, 1_250), arm('b', 20_000, 1_000)], { direction: 'decrease' })).toEqual({
      b: 'better',
    })
  })

  it('give an interval that excludes 0 exactly when a single arm is named', () => {
    for (let conversions = 1_000; conversions < 1_400; conversions += 1) {
      const [one] = compare([arm('a', 20_000, 1_000), arm('b', 20_000, conversions)])
      expect(one!.relative!.low > 0).toBe(one!.outcome === 'better')
      expect(one!.difference!.low > 0).toBe(one!.outcome === 'better')
      expect(one!.cautious!.low).toBeLessThan(one!.relative!.low)
    }
  })

  it('call arms equal whose whole interval is within the region of practical equivalence', () => {
    expect(outcomes([arm('a', 9_000_000, 900_000), arm('b', 9_000_000, 900_300)])).toEqual({ b: 'equal' })
    expect(outcomes([arm('a', 9_000, 900), arm('b', 9_000, 901)])).toEqual({ b: 'open' })
  })

  it('say how many more days it likely takes, and nothing where it is far', () => {
    const [near] = compare([arm('a', 10_000, 1_000), arm('b', 10_000, 1_120)])
    expect(near).toMatchObject({ outcome: 'open', moreDays: expect.any(Number) })
    expect(near!.moreDays).toBeGreaterThan(0)
    expect(near!.moreDays).toBeLessThan(60)
    const [far] = compare([arm('a', 500, 50), arm('b', 500, 51)])
    expect(far).toMatchObject({ outcome: 'open', moreDays: null })
  })

  it.each([
    ['an empty arm', [arm('a', 900, 90), arm('b', 0, 0)], 'b has 0 users; 100 are needed'],
    ['an empty baseline', [arm('a', 0, 0), arm('b', 900, 90)], 'a has 0 users; 100 are needed'],
    ['few users', [arm('a', 900, 90), arm('b', 99, 90)], 'b has 99 users; 100 are needed'],
    ['no conversions', [arm('a', 900, 0), arm('b', 900, 0)], 'nobody converted'],
    ['only conversions', [arm('a', 900, 900), arm('b', 900, 900)], 'everybody converted'],
    [
      'few conversions',
      [arm('a', 900, 9), arm('b', 900, 10)],
      '19 conversions are too few; the smaller arm should expect 10',
    ],
  ])('name %s as not measured, without a number', (_, counts, reason) => {
    expect(compare(counts)).toEqual([
      {
        variationId: 'b',
        outcome: 'not-measured',
        reason: `Not measured: ${reason}.`,
        difference: null,
        relative: null,
        cautious: null,
        evidence: null,
        moreDays: null,
      },
    ])
  })

  it('measure the others beside an empty arm', () => {
    const counts = [arm('a', 20_000, 1_000), arm('b', 0, 0), arm('c', 20_000, 1_300)]
    expect(outcomes(counts)).toEqual({ b: 'not-measured', c: 'better' })
  })

  it('are narrower at the planned users than without a plan', () => {
    const counts = [arm('a', 2_000, 100), arm('b', 2_000, 140)]
    const width = (usersPlanned: number | null) => {
      const [one] = compare(counts, { decision: { ...alwaysValid, usersPlanned } as Decision })
      return one!.relative!.high! - one!.relative!.low
    }
    expect(width(4_000)).toBeLessThan(width(null))
  })

  it('find a difference of means near 0, as of profits and losses, as soon as one of others', () => {
    const measured = (variationId: string, mean: number) => ({
      ...arm(variationId, 100_000, 50_000),
      measure: { mean, variance: 100, n: 100_000 },
    })
    // Of about 5.4 standard errors.
    for (const mean of [-0.24, -0.1201, -0.12, -0.05, 0, 0.001, 0.1, 0.3, 1, 3, -3]) {
      const [one] = compare([measured('a', mean), measured('b', mean + 0.24)])
      expect(one!.outcome, `mean ${mean}`).toBe('better')
      expect(one!.difference!.high! - one!.difference!.low).toBeLessThan(8 * Math.sqrt(200 / 100_000))
    }
  })

  it('name nothing while health is red', () => {
    const [one] = compare([arm('a', 20_000, 1_000), arm('b', 20_000, 1_250)], { isRed: true })
    expect(one).toMatchObject({ outcome: 'open', moreDays: null })
  })

  it('name only what a correction over several goals lets through', () => {
    const counts = [arm('a', 20_000, 1_000), arm('b', 20_000, 1_250)]
    expect(outcomes(counts, { discovered: new Set() })).toEqual({ b: 'open' })
    expect(outcomes(counts, { discovered: new Set(['b']) })).toEqual({ b: 'better' })
  })
})

describe('comparisons with a fixed horizon', () => {
  const atTwoThirds = { decision: fixedHorizon(), ...atDay(19) }

  it('name an arm before the end if the end is nearly decided', () => {
    expect(outcomes([arm('a', 20_000, 1_000), arm('b', 20_000, 1_250)], atTwoThirds)).toEqual({ b: 'better' })
    expect(outcomes([arm('a', 20_000, 1_250), arm('b', 20_000, 1_000)], atTwoThirds)).toEqual({ b: 'worse' })
    expect(outcomes([arm('a', 20_000, 1_000), arm('b', 20_000, 1_060)], atTwoThirds)).toEqual({ b: 'open' })
  })

  it('name nothing in the first tenth of the time', () => {
    const counts = [arm('a', 20_000, 1_000), arm('b', 20_000, 1_400)]
    expect(outcomes(counts, { decision: fixedHorizon(), ...atDay(2) })).toEqual({ b: 'open' })
  })

  it('need less than always-valid ones at the end', () => {
    const counts = [arm('a', 20_000, 1_000), arm('b', 20_000, 1_100)]
    const ended = { decision: fixedHorizon({ ended: true }), ...atDay(28) }
    expect(outcomes(counts, ended)).toEqual({ b: 'better' })
    expect(outcomes(counts)).toEqual({ b: 'open' })
  })

  it.each([19, 28])('give an interval that excludes 0 exactly when an arm is named, on day %i', (day) => {
    const decision = fixedHorizon({ ended: day === 28 })
    for (let conversions = 800; conversions < 1_250; conversions += 1) {
      const counts = [arm('a', 20_000, 1_000), arm('b', 21_000, conversions)]
      const [one] = compare(counts, { decision, ...atDay(day) })
      const { relative, difference, outcome } = one!
      const expected =
        outcome === 'better' ? [true, false] : outcome === 'worse' ? [false, true] : [false, false]
      expect([relative!.low > 0, relative!.high! < 0]).toEqual(expected)
      expect([difference!.low > 0, difference!.high! < 0]).toEqual(expected)
    }
  })

  it('are exact for few conversions, also in their interval', () => {
    const decision = fixedHorizon({ ended: true })
    for (let conversions = 0; conversions < 40; conversions += 1) {
      const [one] = compare([arm('a', 9_000, 12), arm('b', 9_000, conversions)], { decision, ...atDay(28) })
      expect(one!.relative!.low > 0).toBe(one!.outcome === 'better')
      expect(one!.relative!.high! < 0).toBe(one!.outcome === 'worse')
    }
    // P(Bin(40, 1/2) >= 28) = 0.0083 is below 0.02375, P(Bin(39, 1/2) >= 26) = 0.0266 is not.
    expect(outcomes([arm('a', 9_000, 12), arm('b', 9_000, 28)], { decision, ...atDay(28) })).toEqual({
      b: 'better',
    })
    expect(outcomes([arm('a', 9_000, 13), arm('b', 9_000, 26)], { decision, ...atDay(28) })).toEqual({
      b: 'open',
    })
  })

  it('are exact for few users without a conversion, as for few with one', () => {
    const decision = fixedHorizon({ ended: true })
    for (const users of [9_000, 40_000_000])
      for (let missed = 0; missed < 40; missed += 1) {
        const counts = [arm('a', users, users - 12), arm('b', users, users - missed)]
        const mirrored = [arm('a', users, 12), arm('b', users, missed)]
        const [one] = compare(counts, { decision, ...atDay(28) })
        const [other] = compare(mirrored, { decision, direction: 'decrease', ...atDay(28) })
        // With so few of so many, any change is a small one of those who convert.
        const outcome = one!.outcome === 'equal' ? 'open' : one!.outcome
        expect(outcome).toBe(other!.outcome)
        expect(one!.difference!.estimate).toBeCloseTo(-other!.difference!.estimate, 12)
        expect(one!.difference!.low).toBeCloseTo(-other!.difference!.high!, 12)
        expect(one!.difference!.high).toBeCloseTo(-other!.difference!.low, 12)
      }
  })

  it('take the usual form if there are many of the rarer outcome at the end, whichever it is', () => {
    const half = { decision: fixedHorizon(), ...atDay(14) }
    const [one] = compare([arm('a', 4_000, 3_980), arm('b', 4_000, 3_938)], half)
    const [other] = compare([arm('a', 4_000, 20), arm('b', 4_000, 62)], half)
    expect(one!.evidence).toBeCloseTo(other!.evidence!, 10)
    expect([one!.outcome, other!.outcome]).toEqual(['worse', 'better'])
  })

  const before = (counts: readonly ArmCounts[], day: number, decision = fixedHorizon()) => ({
    decision,
    comparisons: compare(counts, { decision, ...atDay(day) }),
  })

  it('keep a named arm named', () => {
    const named = before([arm('a', 20_000, 1_000), arm('b', 20_000, 1_250)], 19)
    const later = [arm('a', 24_000, 1_230), arm('b', 24_000, 1_300)]
    expect(outcomes(later, { decision: fixedHorizon(), ...atDay(23) })).toEqual({ b: 'open' })
    expect(outcomes(later, { decision: fixedHorizon(), ...atDay(23), before: named })).toEqual({
      b: 'better',
    })
  })

  it('name nothing more after the end', () => {
    const ended = fixedHorizon({ ended: true })
    const atEnd = before([arm('a', 20_000, 1_000), arm('b', 20_000, 1_080)], 28, ended)
    const later = [arm('a', 20_000, 1_000), arm('b', 20_000, 1_200)]
    expect(outcomes(later, { decision: ended, ...atDay(28) })).toEqual({ b: 'better' })
    expect(outcomes(later, { decision: ended, ...atDay(28), before: atEnd })).toEqual({ b: 'open' })
  })

  it('take nothing from a look while health is red: it names nothing, and spends nothing', () => {
    const ended = fixedHorizon({ ended: true })
    const better = [arm('a', 20_000, 1_000), arm('b', 20_000, 1_250)]
    const alike = [arm('a', 20_000, 1_000), arm('b', 20_000, 1_000)]
    const lookAt = (counts: readonly ArmCounts[], more: Partial<CompareInput>) => {
      const decision = more.decision ?? fixedHorizon()
      const comparisons = compare(counts, { decision, ...atDay(19), ...more })
      return { outcome: comparisons[0]!.outcome, before: { decision, comparisons, isRed: more.isRed } }
    }
    const atEnd = { decision: ended, ...atDay(28) }
    // Named by what was not to be trusted: forgotten.
    const red = lookAt(better, { isRed: true })
    expect(red.outcome).toBe('open')
    expect(lookAt(alike, { before: red.before }).outcome).toBe('open')
    // The end seen by what was not to be trusted is still to come; named then, it stays.
    const redEnd = lookAt(alike, { ...atEnd, isRed: true })
    const green = lookAt(better, { ...atEnd, before: redEnd.before })
    expect(green.outcome).toBe('better')
    // What was known before stays, through any number of looks that say nothing.
    const through = lookAt(alike, { ...atEnd, isRed: true, before: green.before })
    expect(through.outcome).toBe('open')
    expect(lookAt(better, { ...atEnd, before: through.before }).outcome).toBe('better')
    const unnamed = lookAt(alike, atEnd)
    const after = lookAt(better, { ...atEnd, isRed: true, before: unnamed.before })
    expect(lookAt(better, { ...atEnd, before: after.before }).outcome).toBe('open')
    // Nor does what cannot be trusted take a name away, or an arm that cannot be read give the level back.
    const contrary = lookAt([arm('a', 20_000, 1_250), arm('b', 20_000, 1_000)], {
      ...atEnd,
      isRed: true,
      before: green.before,
    })
    expect(lookAt(better, { ...atEnd, before: contrary.before }).outcome).toBe('better')
    for (const isRed of [true, false]) {
      const unread = lookAt([arm('a', 20_000, 1_000), arm('b', 0, 0)], {
        ...atEnd,
        isRed,
        before: unnamed.before,
      })
      expect(unread.outcome).toBe('not-measured')
      expect(lookAt(better, { ...atEnd, before: unread.before }).outcome).toBe('open')
    }
  })

  it('go on from the last look that could be trusted, if the end is changed', () => {
    const alike = [arm('a', 10_000, 500), arm('b', 10_000, 500)]
    const half = before(alike, 14)
    const misleading = [arm('a', 10_000, 500), arm('b', 10_000, 800)]
    const decision = fixedHorizon()
    const lookAt = (counts: readonly ArmCounts[], more: Partial<CompareInput>) =>
      compare(counts, { decision, ...atDay(15), ...more })
    const red = { decision, comparisons: lookAt(misleading, { before: half, isRed: true }), isRed: true }
    const later = fixedHorizon({ endAt: 2 * endAt })
    const redLater = {
      decision: later,
      comparisons: lookAt(misleading, { decision: later, before: half, isRed: true }),
      isRed: true,
    }
    const now = { decision: fixedHorizon({ ended: true, endAt: 2 * endAt }), ...atDay(56) }
    const counts = [arm('a', 40_000, 2_000), arm('b', 40_000, 2_136)]
    const expected = compare(counts, { ...now, before: half })
    for (const last of [red, redLater]) expect(compare(counts, { ...now, before: last })).toEqual(expected)
    // Without such a look, the test is a fresh one.
    const first = { decision, comparisons: lookAt(misleading, { isRed: true }), isRed: true }
    expect(compare(counts, { ...now, before: first })).toEqual(compare(counts, now))
  })

  it('take the name and the level, not what was seen, from a red result of an earlier release', () => {
    const [one] = compare([arm('a', 10_000, 500), arm('b', 10_000, 800)], {
      decision: fixedHorizon(),
      ...atDay(15),
    })
    const { endAt: _, named: __, ...horizon } = one!.horizon!
    const red = { decision: fixedHorizon(), comparisons: [{ ...one!, horizon }], isRed: true }
    const now = { decision: fixedHorizon({ ended: true, endAt: 2 * endAt }), ...atDay(56) }
    const counts = [arm('a', 40_000, 2_000), arm('b', 40_000, 2_000)]
    expect(compare(counts, { ...now, before: red })).toEqual(compare(counts, now))
  })

  it('go on with the level that is left if the end is changed', () => {
    const half = before([arm('a', 10_000, 500), arm('b', 10_000, 500)], 14)
    // A fresh test would name b at the later end; what the first one had left does not.
    const now = [arm('a', 40_000, 2_000), arm('b', 40_000, 2_136)]
    const extended = { decision: fixedHorizon({ ended: true, endAt: 2 * endAt }), ...atDay(56) }
    expect(outcomes(now, extended)).toEqual({ b: 'better' })
    expect(outcomes(now, { ...extended, before: half })).toEqual({ b: 'open' })
    const [{ horizon } = {}] = compare(now, { ...extended, before: half })
    expect(horizon?.origins[0]).toMatchObject({ information: 5_000 })
  })

  it('correct for several arms by Holm: a second arm is tested at the full level', () => {
    const decision = fixedHorizon({ ended: true })
    const second = arm('c', 20_000, 1_097)
    expect(
      outcomes([arm('a', 20_000, 1_000), arm('b', 20_000, 1_010), second], { decision, ...atDay(28) }),
    ).toEqual({
      b: 'open',
      c: 'open',
    })
    expect(
      outcomes([arm('a', 20_000, 1_000), arm('b', 20_000, 1_200), second], { decision, ...atDay(28) }),
    ).toEqual({
      b: 'better',
      c: 'better',
    })
  })

  it('give no named arm an estimate that is not on its side, or an interval beyond 0', () => {
    const anyUsers = fc.integer({ min: 200, max: 50_000 })
    const anyRates = fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), {
      minLength: 5,
      maxLength: 5,
    })
    const days = [7, 14, 21, 28]
    fc.assert(
      fc.property(
        fc.constantFrom('increase', 'decrease'),
        fc.double({ min: 0.002, max: 0.998, noNaN: true }),
        fc.array(fc.tuple(anyUsers, anyUsers, anyUsers, anyRates), { minLength: 4, maxLength: 4 }),
        (direction, rate, steps) => {
          // Rates that hardly differ, so that arms are named by a little.
          const counts = ['a', 'b', 'c'].map((id) => ({ id, users: 0, conversions: 0 }))
          let last: ReturnType<typeof before> | undefined
          for (const [k, [a, b, c, luck]] of steps.entries()) {
            for (const [i, users] of [a, b, c].entries()) {
              const spread = Math.sqrt(rate * (1 - rate) * users)
              const converted = Math.round(users * rate + 6 * spread * (luck[i]! - 0.5))
              counts[i]!.users += users
              counts[i]!.conversions += Math.min(users, Math.max(0, converted))
            }
            const decision = fixedHorizon({ ended: k === 3 })
            const comparisons = compare(
              counts.map(({ id, users, conversions }) => arm(id, users, conversions)),
              { decision, direction, ...atDay(days[k]!), before: last },
            )
            for (const { outcome, difference, relative } of comparisons) {
              if (outcome !== 'better' && outcome !== 'worse') continue
              const isHigher = (outcome === 'better') === (direction === 'increase')
              for (const { estimate, low, high } of [difference!, relative!]) {
                expect(isHigher ? low : -high!).toBeGreaterThanOrEqual(0)
                expect(isHigher ? estimate : -estimate).toBeGreaterThan(0)
                expect(high!).toBeGreaterThan(low)
              }
            }
            last = { decision, comparisons }
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('unname an arm that is not ahead any more', () => {
    const named = before([arm('a', 20_000, 1_000), arm('b', 20_000, 1_250)], 19)
    const far = [arm('a', 24_000, 1_600), arm('b', 24_000, 1_300)]
    const at23 = { decision: fixedHorizon(), ...atDay(23), before: named }
    expect(outcomes(far, at23)).toEqual({ b: 'worse' })
    const ended = { decision: fixedHorizon({ ended: true }), ...atDay(28) }
    const atEnd = { ...ended, before: { ...named, decision: ended.decision } }
    expect(compare(far, atEnd)).toMatchObject([{ outcome: 'open' }])
    const near = [arm('a', 24_000, 1_300), arm('b', 24_000, 1_295)]
    expect(compare(near, atEnd)).toMatchObject([{ outcome: 'open' }])
  })
})
