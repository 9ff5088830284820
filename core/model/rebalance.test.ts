// Raising one variation moves no more targeting keys than it must, and what a change says it will move is what it moves.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fixed, flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { compile } from '../evaluation/compile.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { Flag, type Strategy } from './flag.ts'
import { hasGap, keepingVisitors, movesOf } from './rebalance.ts'
import { weightPerPercent, weightTotal } from './limits.ts'

type Rollout = Extract<Strategy, { kind: 'rollout' }>

const rollouts = fc
  .tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.boolean())
  .map(([x, y, z, isWhole]): Rollout => {
    const [first = 0, second = 0, third = 0] = [x, y, z].toSorted((p, q) => p - q)
    const percents = [first, second - first, (isWhole ? 100 : third) - second]
    return rollout({
      a: percents[0]! * weightPerPercent,
      b: percents[1]! * weightPerPercent,
      c: percents[2]! * weightPerPercent,
    }) as Rollout
  })
const withStrategy = (strategy: Strategy, allocation: Flag['allocation'] = 'percent') =>
  flag({ key: 'f', allocation, defaultStrategy: { id: 'rule', strategy } })
const movedBetween = (before: Strategy, after: Strategy) =>
  movesOf(withStrategy(before), withStrategy(after)).reduce((sum, { weight }) => sum + weight, 0)
const weightOf = ({ shares }: Rollout, id: string) =>
  shares.find(({ variationId }) => variationId === id)?.weight ?? 0
const untracked = ({ shares }: Rollout) => weightTotal - shares.reduce((sum, { weight }) => sum + weight, 0)

/** What every layout must move: what each variation, and nobody's share, gains. */
const least = (before: Rollout, after: Rollout) =>
  ['a', 'b', 'c'].reduce((sum, id) => sum + Math.max(0, weightOf(after, id) - weightOf(before, id)), 0) +
  Math.max(0, untracked(after) - untracked(before))

describe('a layout that keeps visitors', () => {
  it('moves as few as any can, change after change, and gives every variation its weight', () => {
    fc.assert(
      fc.property(fc.array(rollouts, { minLength: 2, maxLength: 8 }), (asked) => {
        let before = asked[0]!
        for (const wanted of asked.slice(1)) {
          const after = keepingVisitors(before, wanted)
          expect(movedBetween(before, after)).toBe(least(before, wanted))
          expect(Flag.safeParse({ ...withStrategy(after) }).error?.message).toBeUndefined()
          before = after
        }
      }),
      { numRuns: scaled(500) },
    )
  })

  it('moves ten where the usual one moves twenty', () => {
    const before = rollout({ a: 30_000, b: 50_000, c: 20_000 }) as Rollout
    const wanted = rollout({ a: 40_000, b: 50_000, c: 10_000 }) as Rollout
    expect(movedBetween(before, wanted)).toBe(20_000)
    const after = keepingVisitors(before, wanted)
    expect(movesOf(withStrategy(before), withStrategy(after))).toEqual([
      { ruleId: 'rule', weight: 10_000, flows: [{ from: 'c', to: 'a', weight: 10_000 }] },
    ])
    expect(after.pieces).toEqual([
      { variationId: 'a', weight: 30_000 },
      { variationId: 'b', weight: 50_000 },
      { variationId: 'c', weight: 10_000 },
      { variationId: 'a', weight: 10_000 },
    ])
  })

  it('needs no pieces where the usual one moves as few', () => {
    const grown = keepingVisitors(rollout({ a: 10_000 }), rollout({ a: 25_000 }) as Rollout)
    expect(grown).toEqual(rollout({ a: 25_000 }))
    expect(keepingVisitors(fixed('a'), rollout({ a: 90_000, b: 10_000 }) as Rollout).pieces).toBeUndefined()
  })

  it('leaves a gap where a variation in the middle shrinks and nobody grows', () => {
    const after = keepingVisitors(
      rollout({ a: 50_000, b: 50_000 }),
      rollout({ a: 20_000, b: 50_000 }) as Rollout,
    )
    expect(after.pieces).toEqual([
      { variationId: 'a', weight: 20_000 },
      { weight: 30_000 },
      { variationId: 'b', weight: 50_000 },
    ])
    expect(hasGap(after)).toBe(true)
  })
})

describe('what a change says that it moves', () => {
  it.each(['percent', 'fine'] as const)('is what evaluation moves, in %s allocation', (allocation) => {
    const before = rollout({ a: 30_000, b: 50_000, c: 20_000 }) as Rollout
    const after = keepingVisitors(before, rollout({ a: 45_000, b: 45_000 }) as Rollout)
    const answers = [before, after].map((strategy) => {
      const ready = compile(snapshotOf([withStrategy(strategy, allocation)]))
      return (id: string) => evaluate(ready, 'f', { targetingKey: id, attributes: {} }).variation?.id
    })
    const people = 20_000
    let moved = 0
    for (let i = 0; i < people; i++) if (answers[0]!(`user-${i}`) !== answers[1]!(`user-${i}`)) moved++
    expect(moved / people).toBeCloseTo(movedBetween(before, after) / weightTotal, 1)
    expect(Math.abs(moved / people - movedBetween(before, after) / weightTotal)).toBeLessThan(0.015)
  })

  it('is what chance moves where the hash becomes another', () => {
    const split = rollout({ a: 50_000, b: 50_000 })
    const [moves] = movesOf(withStrategy(split), { ...withStrategy(split), allocation: 'fine' })
    expect(moves?.weight).toBe(50_000)
  })

  it('is nothing for a change beside the weights', () => {
    const same = withStrategy(rollout({ a: 50_000, b: 50_000 }))
    expect(movesOf(same, { ...same, name: 'other', version: 2 })).toEqual([])
  })
})
