// The check of interactions: what it says of counts, and laws that hold for all of them. How often it is
// wrong and how often it finds one is simulated (test/simulate/interaction-worlds.ts).
import { describe, expect, it } from 'vitest'
import type { OverlapCounts } from '../../core/model/interaction.ts'
import fc from '../../test/support/build/fast-check.ts'
import { checkInteractions } from './interaction-check.ts'
import { interactionOf, keepFound, levelAt } from './interaction.ts'

type Cell = readonly [users: number, conversions: number]

/** Cells by arm and other arm: a a2, b a2, a b2, b b2. */
const overlap = (cells: readonly Cell[], place = 1): OverlapCounts => ({
  experimentId: 'other',
  baselineVariationId: 'a2',
  place,
  cells: cells.map(([users, conversions], i) => ({
    variationId: i % 2 === 0 ? 'a' : 'b',
    otherVariationId: i < 2 ? 'a2' : 'b2',
    users,
    conversions,
  })),
})
const outcomeOf = (cells: readonly Cell[], place = 1) => interactionOf(overlap(cells, place), 'a').outcome

describe('an interaction', () => {
  it('is found where an effect turns around', () => {
    const { outcome, contrasts, evidence, level } = interactionOf(
      overlap([
        [5_000, 500],
        [5_000, 600],
        [5_000, 500],
        [5_000, 400],
      ]),
      'a',
    )
    expect(outcome).toBe('found')
    expect(level).toBe(0.025)
    expect(evidence!).toBeGreaterThan(Math.log(40))
    const [{ difference }] = contrasts as [(typeof contrasts)[number]]
    expect(difference.estimate).toBeCloseTo(-0.04, 4)
    expect(difference.high).toBeLessThan(0)
  })

  it('is not found where effects add up, nor where they multiply, however many users there are', () => {
    const times = (rates: readonly number[]) =>
      rates.map((rate): Cell => [10_000_000, Math.round(10_000_000 * rate)])
    expect(outcomeOf(times([0.1, 0.12, 0.15, 0.17]))).toBe('not-found')
    expect(outcomeOf(times([0.1, 0.12, 0.15, 0.18]))).toBe('not-found')
    expect(outcomeOf(times([0.1, 0.12, 0.15, 0.175]))).toBe('not-found')
    expect(outcomeOf(times([0.1, 0.12, 0.15, 0.2]))).toBe('found')
  })

  it('cannot be read with fewer than 100 users in a cell, or fewer than 10 expected conversions', () => {
    const rest: Cell[] = [
      [1_000, 100],
      [1_000, 100],
      [1_000, 100],
    ]
    expect(outcomeOf([[99, 10], ...rest])).toBe('too-few-users')
    expect(outcomeOf([[100, 10], ...rest])).toBe('not-found')
    expect(outcomeOf(rest)).toBe('too-few-users')
    expect(outcomeOf([100, 100, 100, 100].map((users): Cell => [users, 9]))).toBe('too-few-users')
    expect(outcomeOf([100, 100, 100, 100].map((users): Cell => [users, 95]))).toBe('too-few-users')
    expect(outcomeOf([0, 0, 0, 0].map((users): Cell => [users, 0]))).toBe('too-few-users')
  })

  it('has finite figures, and the interval that decides, for any counts', () => {
    const cell = fc
      .tuple(fc.integer({ min: 0, max: 10_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([users, rate]): Cell => [users, Math.round(users * rate)])
    const law = fc.property(fc.tuple(cell, cell, cell, cell), (cells) => {
      const { outcome, contrasts, evidence, level } = interactionOf(overlap(cells), 'a')
      for (const { difference } of contrasts) {
        expect(Object.values(difference).every(Number.isFinite)).toBe(true)
        expect(difference.low).toBeLessThanOrEqual(difference.estimate)
        // Two scales decide, of which the interval is one.
        if (outcome === 'found') expect(difference.low * difference.high).toBeGreaterThan(0)
      }
      expect(outcome === 'found').toBe(evidence !== null && evidence >= -Math.log(level))
    })
    fc.assert(law)
  })

  it('is the same whichever experiment is asked, and turns its sign with the arms of one', () => {
    const cell = fc
      .tuple(fc.integer({ min: 100, max: 100_000 }), fc.double({ min: 0.2, max: 0.8, noNaN: true }))
      .map(([users, rate]): Cell => [users, Math.round(users * rate)])
    const law = fc.property(fc.tuple(cell, cell, cell, cell), ([a, b, c, d]) => {
      const of = (cells: readonly Cell[]) => interactionOf(overlap(cells), 'a').contrasts[0]!
      const [plain, turned, mirrored] = [of([a, b, c, d]), of([a, c, b, d]), of([b, a, d, c])]
      expect(turned.difference.estimate).toBeCloseTo(plain.difference.estimate, 9)
      expect(turned.evidence).toBeCloseTo(plain.evidence, 6)
      expect(mirrored.difference.estimate).toBeCloseTo(-plain.difference.estimate, 9)
    })
    fc.assert(law)
  })
})

describe('what was found', () => {
  const clear = overlap([
    [5_000, 500],
    [5_000, 600],
    [5_000, 500],
    [5_000, 400],
  ])
  const equal = overlap([1, 2, 3, 4].map((): Cell => [6_000, 600]))
  const other = { ...equal, experimentId: 'third', place: 3 }
  const before = [interactionOf(clear, 'a'), interactionOf({ ...equal, experimentId: 'quiet' }, 'a')]

  it('stays, with its counts, when the other experiment is over or no longer shows it', () => {
    expect(keepFound([], before, 'a')).toEqual([clear])
    expect(keepFound([other, equal], before, 'a')).toEqual([clear, other])
  })

  it('has newer counts as long as they show it', () => {
    const newer = { ...clear, cells: clear.cells.map((cell) => ({ ...cell, users: cell.users + 1 })) }
    expect(keepFound([newer], before, 'a')).toEqual([newer])
  })

  it('is among the ten clearest contrasts, in their order', () => {
    const arms = Array.from({ length: 9 }, (_, i) => `b${i}`)
    const cells = ['a', ...arms].flatMap((variationId, i) =>
      ['a2', 'b2', 'c2'].map((otherVariationId, j) => ({
        variationId,
        otherVariationId,
        users: 50_000,
        conversions: 5_000 + (j > 0 ? 100 * i * (j === 1 ? 1 : -1) : 0),
      })),
    )
    const { contrasts, outcome } = interactionOf({ ...clear, cells }, 'a')
    const ids = contrasts.map(({ variationId, otherVariationId }) => `${variationId} ${otherVariationId}`)
    expect(outcome).toBe('found')
    expect(ids).toHaveLength(10)
    expect(ids).toEqual(ids.toSorted())
    expect(ids).toContain('b8 c2')
    expect(ids).not.toContain('b0 c2')
  })
})

describe('levels', () => {
  it('add up to 5 % over any number of other experiments', () => {
    const sum = (places: number) =>
      Array.from({ length: places }, (_, i) => levelAt(i + 1)).reduce((total, level) => total + level, 0)
    expect(sum(10)).toBeCloseTo(0.05 * (10 / 11), 12)
    expect(sum(10_000)).toBeLessThan(0.05)
  })

  it('make a pair of arms harder to find the more others there are', () => {
    const cells: Cell[] = [
      [2_000, 200],
      [2_000, 270],
      [2_000, 200],
      [2_000, 130],
    ]
    expect(outcomeOf(cells, 1)).toBe('found')
    expect(outcomeOf(cells, 10)).toBe('not-found')
  })
})

describe('the health check', () => {
  const found = interactionOf(
    overlap([
      [5_000, 500],
      [5_000, 600],
      [5_000, 500],
      [5_000, 400],
    ]),
    'a',
  )
  const quiet = { ...found, outcome: 'not-found' as const }
  const early = { ...found, outcome: 'too-few-users' as const, experimentId: 'new' }

  it('warns with the arm, the other experiment, and by how much', () => {
    expect(checkInteractions([early, quiet, found])).toEqual({
      name: 'interactions',
      status: 'warning',
      detail:
        'The effect of b depends on experiment other: beside its b2 it is 4 percentage points lower than ' +
        'beside its a2.',
    })
  })

  it('passes where one could be tested, and names those that could not', () => {
    const { status, detail } = checkInteractions([quiet, early])
    expect(status).toBe('passed')
    expect(detail).toContain('experiment other')
    expect(detail).toContain('only large ones would be')
    expect(detail).toContain('1 more: too few users')
  })

  it('does not apply where none could be tested', () => {
    const { status, detail } = checkInteractions([early])
    expect([status, detail]).toEqual(['skipped', expect.stringContaining('experiment new')])
  })

  it('says of a pair without stored counts that there were too many', () => {
    const large = interactionOf(overlap([]), 'a')
    expect([large.outcome, large.contrasts]).toEqual(['too-large', []])
    expect(checkInteractions([large])).toMatchObject({
      status: 'skipped',
      detail: expect.stringContaining('too many pairs of variations'),
    })
    const both = checkInteractions([quiet, early, large]).detail
    expect(both).toMatch(/2 more: too few users .* or there are too many pairs/)
  })
})
