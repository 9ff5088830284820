import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { type AssignedVariations, evaluateKeeping } from './assignment.ts'
import { compile } from './compile.ts'
import { evaluateAll } from './evaluate.ts'
import type { Flag } from '../model/flag.ts'

const split = (key: string, shares: Record<string, number>, changes: Partial<Flag> = {}) =>
  flag({
    key,
    assignment: 'kept',
    defaultStrategy: { id: `${key}-rule`, strategy: rollout(shares) },
    ...changes,
  })
const makeScope = (...flags: Flag[]) => compile(snapshotOf(flags))
const ask = (scope: ReturnType<typeof makeScope>, targetingKey: string, ...sources: AssignedVariations[]) => {
  const { evaluations, fresh } = evaluateKeeping(scope, { targetingKey, attributes: {} }, sources)
  const answered = Object.fromEntries(evaluations.map(({ flagKey, variation }) => [flagKey, variation?.id]))
  return { answered, fresh }
}
const toAssigned = (fresh: ReturnType<typeof ask>['fresh']): AssignedVariations =>
  new Map(fresh.map(({ ruleId, variationId }) => [ruleId, variationId]))

describe('flags that keep their visitors', () => {
  const before = makeScope(split('f', { a: 50_000, b: 50_000 }))
  const after = makeScope(split('f', { a: 10_000, b: 10_000, c: 80_000 }))

  it('decide by the hash at first, and then as they did, whatever the weights', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (id) => {
        const [byHash] = evaluateAll(before, { targetingKey: id, attributes: {} })
        const first = ask(before, id, new Map())
        expect(first.answered['f']).toBe(byHash?.variation?.id)
        const second = ask(after, id, toAssigned(first.fresh))
        expect(second).toEqual({ answered: first.answered, fresh: [] })
      }),
      { numRuns: scaled(200) },
    )
  })

  it('keep nothing of those who are untracked: they may come in later', () => {
    const empty = makeScope(split('f', { a: 0 }))
    expect(ask(empty, 'ada', new Map())).toEqual({ answered: { f: undefined }, fresh: [] })
  })

  it('follow a visitor who becomes known, and write the assignment down for who it is now', () => {
    const anonymous: AssignedVariations = new Map([['f-rule', 'c']])
    expect(ask(before, 'known', new Map(), anonymous)).toEqual({
      answered: { f: 'c' },
      fresh: [{ ruleId: 'f-rule', variationId: 'c' }],
    })
    expect(ask(before, 'known', new Map([['f-rule', 'b']]), anonymous)).toEqual({
      answered: { f: 'b' },
      fresh: [],
    })
  })

  it('have no answer where the variation is gone', () => {
    const gone = new Map([['f-rule', 'z']])
    expect(ask(before, 'ada', gone)).toEqual({ answered: { f: undefined }, fresh: [] })
  })

  it('leave alone what no percentage decides, and flags that do not ask', () => {
    const scope = makeScope(
      split('plain', { a: 100_000 }, { assignment: undefined }),
      split('targeted', { a: 100_000 }, { targets: [{ variationId: 'b', targetingKeys: ['ada'] }] }),
    )
    const stale = new Map([
      ['plain-rule', 'c'],
      ['targeted-rule', 'c'],
    ])
    expect(ask(scope, 'ada', stale)).toEqual({ answered: { plain: 'a', targeted: 'b' }, fresh: [] })
  })

  it('are seen as decided by flags that depend on them', () => {
    const dependent = flag({
      key: 'd',
      prerequisites: [{ flagKey: 'f', variationId: 'c' }],
      offVariationId: 'b',
    })
    const scope = makeScope(dependent, split('f', { a: 100_000 }))
    expect(ask(scope, 'ada', new Map([['f-rule', 'c']])).answered).toEqual({ d: 'a', f: 'c' })
    expect(ask(scope, 'ada', new Map()).answered).toEqual({ d: 'b', f: 'a' })
  })
})

describe('exclusive flags', () => {
  const exclusive = { assignment: 'exclusive' } as const
  const scope = makeScope(
    split('one', { a: 30_000 }, exclusive),
    split('three', { a: 100_000 }),
    split('two', { a: 50_000, b: 50_000 }, exclusive),
  )

  it('share no visitor', () => {
    let [first, second] = [0, 0]
    for (let i = 0; i < 2_000; i++) {
      const { answered } = ask(scope, `user-${i}`, new Map())
      if (answered['one'] !== undefined) first++
      else if (answered['two'] !== undefined) second++
      expect([answered['one'], answered['two']].filter((each) => each !== undefined)).toHaveLength(1)
      expect(answered['three']).toBe('a')
    }
    expect(Math.min(first, second)).toBeGreaterThan(400)
  })

  it('keep the visitor in the test that it is in, though an earlier one would take it', () => {
    const inTwo = new Map([['two-rule', 'b']])
    for (let i = 0; i < 200; i++)
      expect(ask(scope, `user-${i}`, inTwo).answered).toEqual({ one: undefined, two: 'b', three: 'a' })
  })
})
