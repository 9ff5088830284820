// The search for the cause of a sample ratio mismatch: planted causes are found, and none is made up.
import { describe, expect, it } from 'vitest'
import type { SegmentCounts } from '../../core/model/breakdown.ts'
import { randomFrom } from '../../test/simulate/random.ts'
import { causeSentence, mismatchCause } from './mismatch-cause.ts'

const half = new Map([
  ['a', 1],
  ['b', 1],
])

interface User {
  readonly variationId: string
  readonly values: Readonly<Record<string, string>>
}

/** Counts of users by each of their attributes, as segments.sql gives them. */
function segmentsOf(users: readonly User[]): SegmentCounts[] {
  const cells = new Map<string, SegmentCounts>()
  for (const { variationId, values } of users)
    for (const [attribute, value] of Object.entries(values)) {
      const key = JSON.stringify([attribute, value, variationId])
      const cell = cells.get(key) ?? { attribute, value, variationId, users: 0, conversions: 0 }
      cells.set(key, { ...cell, users: cell.users + 1 })
    }
  return [...cells.values()]
}

/** Users of ten days and three SDKs; `isLost` says who never arrives. */
function world(count: number, seed: number, isLost: (user: User, random: () => number) => boolean): User[] {
  const source = randomFrom(seed)
  const random = () => source.uniform()
  const pick = (all: readonly string[]) => all[Math.floor(random() * all.length)]!
  return Array.from({ length: count }, (): User => {
    const values = {
      'exposure.day': `2026-06-${String(1 + Math.floor(random() * 10)).padStart(2, '0')}`,
      'exposure.sdk': pick(['js/2.0', 'js/2.1', 'go/1.0']),
      country: pick(['DE', 'FR', 'SE', 'NO', 'DK']),
    }
    return { variationId: random() < 0.5 ? 'a' : 'b', values }
  }).filter((user) => !isLost(user, random))
}
const lost =
  (attribute: string, isHit: (value: string) => boolean, share: number) =>
  ({ variationId, values }: User, random: () => number) =>
    variationId === 'b' && isHit(values[attribute]!) && random() < share

describe('the cause of a mismatch', () => {
  it.each([1, 2, 3, 4, 5])('is the SDK that loses users (world %i)', (seed) => {
    const users = world(
      20_000,
      seed,
      lost('exposure.sdk', (sdk) => sdk === 'js/2.1', 0.3),
    )
    const cause = mismatchCause(segmentsOf(users), half)!
    expect(cause).toMatchObject({ kind: 'explained', by: [{ attribute: 'exposure.sdk', value: 'js/2.1' }] })
    expect(causeSentence(cause)).toMatch(
      /^All of it comes from SDK js\/2\.1 \(\d+ of \d+ users\): without it, the rest has its shares\.$/,
    )
  })

  it.each([1, 2, 3, 4, 5])('is the day since which users are lost (world %i)', (seed) => {
    const users = world(
      30_000,
      seed,
      lost('exposure.day', (day) => day >= '2026-06-06', 0.25),
    )
    const cause = mismatchCause(segmentsOf(users), half)!
    expect(cause.kind).toBe('explained')
    if (cause.kind !== 'explained') return
    const { attribute, isSince, value } = cause.by[0]!
    expect([attribute, isSince, Math.abs(Number(value!.slice(-2)) - 6) <= 1]).toEqual([
      'exposure.day',
      true,
      true,
    ])
    expect(causeSentence(cause)).toContain('the days since 2026-06-0')
  })

  it('is nothing in particular, where users are lost everywhere', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const users = world(
        20_000,
        seed,
        lost('country', () => true, 0.15),
      )
      const cause = mismatchCause(segmentsOf(users), half)!
      expect(cause.kind).not.toBe('explained')
      expect(causeSentence(cause)).toMatch(/no single one of|None of/)
    }
  })

  it('is two values where two lose users: then no single one explains it', () => {
    const users = world(
      40_000,
      7,
      lost('country', (country) => country === 'DE' || country === 'FR', 0.3),
    )
    const cause = mismatchCause(segmentsOf(users), half)!
    expect(cause.kind).toBe('worst')
    if (cause.kind === 'worst')
      expect(new Set(cause.in.slice(0, 2).map(({ value }) => value))).toEqual(new Set(['DE', 'FR']))
  })

  it('is not all of it where the rest is red as well', () => {
    const cell = (value: string, a: number, b: number) =>
      [
        ['a', a],
        ['b', b],
      ].map(([variationId, users]) => ({
        attribute: 'exposure.sdk',
        value,
        variationId: String(variationId),
        users: Number(users),
        conversions: 0,
      }))
    const cause = mismatchCause([...cell('js', 150_000, 75_000), ...cell('go', 350_000, 343_000)], half)!
    expect(cause).toMatchObject({ kind: 'worst', in: [{ value: 'js' }, { value: 'go' }] })
    expect(causeSentence(cause)).not.toContain('All of it')
  })

  it('is not asked for where the shares are as promised', () => {
    for (let seed = 1; seed <= 30; seed++)
      expect(mismatchCause(segmentsOf(world(5_000, seed, () => false)), half)).toBeUndefined()
    expect(mismatchCause([], half)).toBeUndefined()
  })

  it('is no attribute with one value, and no rest too small to tell', () => {
    const values = { 'exposure.verified': 'true', page: 'home' }
    const users: User[] = [
      ...Array.from({ length: 5_000 }, () => ({ variationId: 'a', values })),
      ...Array.from({ length: 4_000 }, () => ({ variationId: 'b', values })),
      ...Array.from({ length: 20 }, (_, i) => ({
        variationId: i % 2 === 0 ? 'a' : 'b',
        values: { ...values, page: 'other' },
      })),
    ]
    const cause = mismatchCause(segmentsOf(users), half)!
    expect(cause).toMatchObject({ kind: 'worst', looked: 2, in: [{ attribute: 'page', value: 'home' }] })
  })

  it('counts variations by their weights', () => {
    const quarter = new Map([
      ['a', 3],
      ['b', 1],
    ])
    const source = randomFrom(3)
    const uniform = () => source.uniform()
    const users = world(20_000, 3, () => false)
      .map((user) => ({ ...user, variationId: uniform() < 0.75 ? 'a' : 'b' }))
      .filter(
        ({ variationId, values }) => variationId === 'b' || values['country'] !== 'SE' || uniform() < 0.6,
      )
    expect(mismatchCause(segmentsOf(users), quarter)).toMatchObject({
      kind: 'explained',
      by: [{ attribute: 'country', value: 'SE' }],
    })
  })
})
