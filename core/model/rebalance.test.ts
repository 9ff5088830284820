// Rebalancing moves no more targeting keys than necessary, and the announced moves are those that happen.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { fixed, flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { compile } from '../evaluation/compile.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { Flag, type Strategy } from './flag.ts'
import { movesOf } from './moves.ts'
import { hasGap, rebalance } from './rebalance.ts'
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

/** The weight that any arrangement must move: the gains of the variations and of the untracked share. */
const leastMoved = (before: Rollout, after: Rollout) =>
  ['a', 'b', 'c'].reduce((sum, id) => sum + Math.max(0, weightOf(after, id) - weightOf(before, id)), 0) +
  Math.max(0, untracked(after) - untracked(before))

describe('a rebalanced rollout', () => {
  it('moves the least possible weight in each of several changes, and keeps all weights', () => {
    fc.assert(
      fc.property(fc.array(rollouts, { minLength: 2, maxLength: 8 }), (changes) => {
        let before = changes[0]!
        for (const wanted of changes.slice(1)) {
          const after = rebalance(before, wanted)
          expect(movedBetween(before, after)).toBe(leastMoved(before, wanted))
          expect(Flag.safeParse({ ...withStrategy(after) }).error?.message).toBeUndefined()
          before = after
        }
      }),
      { numRuns: scaled(500) },
    )
  })

  it('moves ten percent where shares in order would move twenty', () => {
    const before = rollout({ a: 30_000, b: 50_000, c: 20_000 }) as Rollout
    const wanted = rollout({ a: 40_000, b: 50_000, c: 10_000 }) as Rollout
    expect(movedBetween(before, wanted)).toBe(20_000)
    const after = rebalance(before, wanted)
    expect(movesOf(withStrategy(before), withStrategy(after))).toEqual([
      { ruleId: 'rule', share: 0.1, weight: 10_000, flows: [{ from: 'c', to: 'a', weight: 10_000 }] },
    ])
    expect(after.pieces).toEqual([
      { variationId: 'a', weight: 30_000 },
      { variationId: 'b', weight: 50_000 },
      { variationId: 'a', weight: 10_000 },
      { variationId: 'c', weight: 10_000 },
    ])
  })

  it('brings back who had what when the weights come back', () => {
    fc.assert(
      fc.property(rollouts, rollouts, (start, other) => {
        const there = rebalance(start, other)
        const back = rebalance(there, start)
        expect(movedBetween(start, back)).toBe(0)
        // Also through one variation for everybody.
        expect(movedBetween(start, rebalance(fixed('a'), start))).toBe(0)
      }),
      { numRuns: scaled(500) },
    )
  })

  it('takes a feature first from those who got it last, whichever of its variations comes first', () => {
    const percents = fc.array(fc.nat(100), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(percents, fc.boolean(), ([start = 0, ...steps], isFirst) => {
        const at = (percent: number) => {
          const on = { variationId: 'a', weight: percent * weightPerPercent }
          const off = { variationId: 'b', weight: weightTotal - on.weight }
          return { kind: 'rollout', shares: isFirst ? [on, off] : [off, on] } satisfies Rollout
        }
        let now: Rollout = at(start)
        for (const percent of [...steps, start]) {
          now = rebalance(now, at(percent))
          expect(movedBetween(at(percent), now)).toBe(0)
        }
      }),
      { numRuns: scaled(200) },
    )
  })

  it('has no pieces if shares in order move as little', () => {
    const grown = rebalance(rollout({ a: 10_000 }), rollout({ a: 25_000 }) as Rollout)
    expect(grown).toEqual(rollout({ a: 25_000 }))
    expect(rebalance(fixed('a'), rollout({ a: 90_000, b: 10_000 }) as Rollout).pieces).toBeUndefined()
  })

  it('has a gap if a variation shrinks and none grows', () => {
    const after = rebalance(rollout({ a: 50_000, b: 50_000 }), rollout({ a: 20_000, b: 50_000 }) as Rollout)
    expect(after.pieces).toEqual([
      { variationId: 'a', weight: 20_000 },
      { weight: 30_000 },
      { variationId: 'b', weight: 50_000 },
    ])
    expect(hasGap(after)).toBe(true)
  })
})

describe('the announced moves of a change', () => {
  it.each(['percent', 'fine'] as const)('equal those of evaluation, with %s allocation', (allocation) => {
    const before = rollout({ a: 30_000, b: 50_000, c: 20_000 }) as Rollout
    const after = rebalance(before, rollout({ a: 45_000, b: 45_000 }) as Rollout)
    const evaluators = [before, after].map((strategy) => {
      const compiled = compile(snapshotOf([withStrategy(strategy, allocation)]))
      return (id: string) => evaluate(compiled, 'f', { targetingKey: id, attributes: {} }).variation?.id
    })
    const users = 20_000
    let moved = 0
    for (let i = 0; i < users; i++) if (evaluators[0]!(`user-${i}`) !== evaluators[1]!(`user-${i}`)) moved++
    expect(moved / users).toBeCloseTo(movedBetween(before, after) / weightTotal, 1)
    expect(Math.abs(moved / users - movedBetween(before, after) / weightTotal)).toBeLessThan(0.015)
  })

  it('are independent of the old buckets if the hash changes', () => {
    const split = rollout({ a: 50_000, b: 50_000 })
    const [moves] = movesOf(withStrategy(split), { ...withStrategy(split), allocation: 'fine' })
    expect(moves?.weight).toBe(50_000)
  })

  it('are empty if only other fields change', () => {
    const same = withStrategy(rollout({ a: 50_000, b: 50_000 }))
    expect(movesOf(same, { ...same, name: 'other', version: 2 })).toEqual([])
  })
})
