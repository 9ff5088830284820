// Layers and holdouts, by what users get: who is in what, that nobody moves unasked, and that layers are
// independent of each other.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, flag, rollout, rule } from '../../test/support/build/flags.ts'
import type { Flag } from '../model/flag.ts'
import type { HoldBackSource } from '../model/hold-back.ts'
import type { Holdout } from '../model/holdout.ts'
import { freeRanges, type Layer, resized, type SliceRange, slicesOf } from '../model/layer.ts'
import { slicesTotal } from '../model/limits.ts'
import { buildSnapshot } from '../model/snapshot.ts'
import { compile } from './compile.ts'
import { evaluate } from './evaluate.ts'
import { explain } from './explain.ts'
import { saltedSlice } from './slice.ts'

const times = { version: 1, createdAt: 0, updatedAt: 0 }
const named = { name: '', description: '' }
const half = (key: string, more: Partial<Flag> = {}) =>
  flag({
    key,
    defaultStrategy: { id: `${key}-d`, strategy: rollout({ a: 50_000, b: 50_000 }) },
    ...more,
  })
const layer = (id: string, allotments: Record<string, SliceRange[]>, salt = id): Layer => ({
  id,
  ...named,
  salt,
  allotments: Object.entries(allotments).map(([flagKey, ranges]) => ({
    flagKey,
    ruleId: `${flagKey}-d`,
    ranges,
    outsideVariationId: 'a',
  })),
  ...times,
})
const holdout = (
  id: string,
  flagKeys: readonly string[],
  slices: number,
  more: Partial<Holdout> = {},
): Holdout => ({
  id,
  ...named,
  salt: id,
  slices,
  startAt: 0,
  stopAt: 1,
  goalKeys: [],
  held: flagKeys.map((flagKey) => ({ flagKey, ruleId: `${flagKey}-d`, variationId: 'a', since: 0 })),
  status: 'running',
  ...times,
  ...more,
})
const published = (flags: Flag[], source: Partial<HoldBackSource>) =>
  buildSnapshot({
    environmentId: 'e',
    revision: 1,
    modifiedAt: 0,
    flags,
    segments: [],
    sdkKeys: [],
    ...source,
  })
const compiledOf = (flags: Flag[], source: Partial<HoldBackSource>) => compile(published(flags, source))
type Compiled = ReturnType<typeof compiledOf>

const users = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)
const got = (compiled: Compiled, key: string, targetingKey: string | undefined) =>
  evaluate(compiled, key, { targetingKey, attributes: {} })
const ruleOf = (compiled: Compiled, key: string, user: string) => {
  const { cause } = got(compiled, key, user)
  return 'ruleId' in cause ? cause.ruleId : cause.kind
}
const everything = (compiled: Compiled, key: string) =>
  users.map((user) => [ruleOf(compiled, key, user), got(compiled, key, user).variation?.id])

const thirds = {
  x: [{ from: 0, to: 3_333 }],
  y: [{ from: 3_333, to: 6_666 }],
  z: [{ from: 6_666, to: 10_000 }],
}
const flags = ['x', 'y', 'z'].map((key) => half(key))

describe('a layer', () => {
  const compiled = compiledOf(flags, { layers: [layer('l', thirds)] })

  it('lets each user into one of its rollouts, and gives the others what they had before', () => {
    let inside = 0
    for (const user of users) {
      const met = ['x', 'y', 'z'].filter((key) => ruleOf(compiled, key, user) === `${key}-d`)
      expect(met).toHaveLength(1)
      inside += Number(met[0] === 'x')
      for (const key of ['x', 'y', 'z'].filter((other) => other !== met[0])) {
        expect(got(compiled, key, user)).toMatchObject({
          variation: { id: 'a' },
          cause: { kind: 'rule', ruleId: `layer:l:${key}-d` },
        })
      }
    }
    expect(inside / users.length).toBeCloseTo(1 / 3, 1)
  })

  it('says why, with the slice', () => {
    const user = users.find((each) => saltedSlice('l', each) >= 3_333)!
    expect(explain(compiled, 'x', { targetingKey: user, attributes: {} })).toMatchObject({
      rules: [{ ruleId: 'layer:l:x-d', matched: true, anyOf: [[{ found: String(saltedSlice('l', user)) }]] }],
    })
    expect(explain(compiled, 'x', { targetingKey: undefined, attributes: {} })).toMatchObject({
      rules: [{ ruleId: 'layer:l:x-d', matched: false, anyOf: [[{ found: undefined }]] }],
    })
  })

  it('asks for a targeting key, as the rollout does', () => {
    expect(got(compiled, 'x', undefined).error?.code).toBe('TARGETING_KEY_MISSING')
  })

  it('moves nobody in one rollout when others come, go or change', () => {
    const alone = compiledOf(flags, { layers: [layer('l', { x: thirds.x })] })
    const others = compiledOf(flags, {
      layers: [layer('l', { x: thirds.x, z: [{ from: 4_000, to: 4_500 }] }), layer('m', { y: thirds.y })],
    })
    expect(everything(alone, 'x')).toEqual(everything(compiled, 'x'))
    expect(everything(others, 'x')).toEqual(everything(compiled, 'x'))
  })

  it('moves nobody within the rollout: those inside get what they would get without it', () => {
    const bare = compiledOf(flags, {})
    for (const user of users.filter((each) => ruleOf(compiled, 'x', each) === 'x-d'))
      expect(got(compiled, 'x', user).variation?.id).toBe(got(bare, 'x', user).variation?.id)
  })

  it('is about a rule alone, and its conditions', () => {
    const nordic = rule([clause('country', 'in', 'NO', 'SE')], {
      id: 'nordic',
      strategy: rollout({ b: 100_000 }),
    })
    const target = [{ variationId: 'c', targetingKeys: ['user-1'] }]
    const here = compiledOf([flag({ key: 'n', rules: [nordic], targets: target })], {
      layers: [
        { ...layer('l', {}), allotments: [{ flagKey: 'n', ruleId: 'nordic', ranges: [{ from: 0, to: 1 }] }] },
      ],
    })
    const variation = (country: string, targetingKey: string) =>
      evaluate(here, 'n', { targetingKey, attributes: { country } }).variation?.id
    const outside = users.filter((user) => saltedSlice('l', user) > 0 && user !== 'user-1')
    expect(variation('NO', outside[0]!)).toBeUndefined()
    expect(variation('FR', outside[0]!)).toBe('a')
    expect(variation('NO', 'user-1')).toBe('c')
  })
})

describe('slices', () => {
  const distinct = (ranges: readonly SliceRange[]) => new Set(ranges.flatMap(slices))
  const slices = ({ from, to }: SliceRange) => Array.from({ length: to - from }, (_, i) => from + i)

  it('keep whoever is in when they grow, and whoever is out when they shrink', () => {
    const cut = fc.uniqueArray(fc.integer({ min: 0, max: slicesTotal }), { minLength: 4, maxLength: 12 })
    fc.assert(
      fc.property(cut, fc.integer({ min: 1, max: slicesTotal }), (cuts, wanted) => {
        const [first, second, ...others] = pairs(cuts.toSorted((a, b) => a - b))
        const own = [first!, second!]
        const members = others.map((range, i) => ({ ...member, ruleId: String(i), ranges: [range] }))
        const free = freeRanges({ allotments: [{ ...member, ranges: own }, ...members] })
        const next = resized(own, free, wanted)
        expect(next === undefined).toBe(wanted > slicesOf([...own, ...free]))
        if (!next) return
        const [before, after] = [distinct(own), distinct(next)]
        expect(slicesOf(next)).toBe(wanted)
        expect(after.size).toBe(wanted)
        const kept = [...before].filter((slice) => after.has(slice)).length
        expect(kept).toBe(Math.min(before.size, wanted))
        for (const range of others) for (const slice of slices(range)) expect(after.has(slice)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
  const member = { flagKey: 'f', ruleId: 'r', ranges: [] }
  const pairs = (cuts: readonly number[]): SliceRange[] =>
    cuts.flatMap((from, i) => (i % 2 === 0 && i + 1 < cuts.length ? [{ from, to: cuts[i + 1]! }] : []))

  it('of two layers, of a layer and a rollout, and of a layer and a holdout are independent', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `visitor-${i}`)
    const compiled = compiledOf([half('x')], {})
    const tenth = (salt: string) => (user: string) => Math.floor(saltedSlice(salt, user) / 1_000)
    const arm = (user: string) => Number(got(compiled, 'x', user).variation?.id === 'b')
    // The 0.9999 quantile of chi-square with 81 and with 9 degrees of freedom.
    expect(chiSquare(many, tenth('checkout'), tenth('search'), 10, 10)).toBeLessThan(137)
    expect(chiSquare(many, tenth('layer-1'), tenth('layer-2'), 10, 10)).toBeLessThan(137)
    expect(chiSquare(many, tenth('x-d'), arm, 10, 2)).toBeLessThan(33.8)
    expect(chiSquare(many, tenth('a'), tenth('a'), 10, 10)).toBeGreaterThan(100_000) // it can fail
  })

  it('are alike in size', () => {
    const counts = new Array<number>(100).fill(0)
    for (let i = 0; i < 200_000; i++) counts[Math.floor(saltedSlice('some salt', `v${i}`) / 100)]!++
    const chi = counts.reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0)
    expect(chi).toBeLessThan(161.3) // the 0.9999 quantile with 99 degrees of freedom
  })
})

/** Of a contingency table. */
function chiSquare(
  all: readonly string[],
  row: (user: string) => number,
  column: (user: string) => number,
  rows: number,
  columns: number,
): number {
  const table = Array.from({ length: rows }, () => new Array<number>(columns).fill(0))
  for (const user of all) table[row(user)]![column(user)]!++
  const rowSums = table.map((cells) => cells.reduce((sum, count) => sum + count, 0))
  const columnSums = table[0]!.map((_, c) => table.reduce((sum, cells) => sum + cells[c]!, 0))
  let chi = 0
  table.forEach((cells, r) =>
    cells.forEach((count, c) => {
      const expected = (rowSums[r]! * columnSums[c]!) / all.length
      chi += (count - expected) ** 2 / expected
    }),
  )
  return chi
}

describe('a holdout', () => {
  const held = holdout('h', ['x', 'y'], 500)
  const compiled = compiledOf(flags, { holdouts: [held] })
  const isHeld = (key: string) => (user: string) => ruleOf(compiled, key, user).startsWith('holdout:h:')

  it('holds the same users back from every rule', () => {
    const [inX, inY] = [users.filter(isHeld('x')), users.filter(isHeld('y'))]
    expect(inX).toEqual(inY)
    expect(inX.length / users.length).toBeCloseTo(0.05, 2)
    expect(users.filter(isHeld('z'))).toEqual([])
    for (const user of inX)
      expect(got(compiled, 'x', user)).toMatchObject({
        variation: { id: 'a' },
        cause: { kind: 'rule', ruleId: 'holdout:h:x-d' },
      })
  })

  it('moves nobody else, and nobody in other flags', () => {
    const bare = compiledOf(flags, {})
    expect(everything(compiled, 'z')).toEqual(everything(bare, 'z'))
    for (const user of users.filter((each) => !isHeld('x')(each)))
      expect(got(compiled, 'x', user).variation?.id).toBe(got(bare, 'x', user).variation?.id)
  })

  it('comes before layers, which keep their users beside it', () => {
    const both = compiledOf(flags, { holdouts: [held], layers: [layer('l', thirds)] })
    const withoutIt = compiledOf(flags, { layers: [layer('l', thirds)] })
    expect(users.filter((user) => ruleOf(both, 'x', user) === 'holdout:h:x-d')).toEqual(
      users.filter(isHeld('x')),
    )
    for (const user of users.filter((each) => !isHeld('x')(each)))
      expect(ruleOf(both, 'x', user)).toBe(ruleOf(withoutIt, 'x', user))
  })

  it('that waits or has ended holds nobody back', () => {
    for (const status of ['waiting', 'ended'] as const)
      expect(published(flags, { holdouts: [{ ...held, status }] })).toEqual(published(flags, {}))
  })

  it('raises the format, so that an older edge keeps what it has', () => {
    expect(published(flags, {}).format).toBe(1)
    expect(published(flags, { holdouts: [held] }).format).toBe(3)
    expect(published(flags, { layers: [layer('l', thirds)] }).format).toBe(3)
  })
})
