import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { type AssignedVariations, evaluateWithAssignments } from './assignment.ts'
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
const compileFlags = (...flags: Flag[]) => compile(snapshotOf(flags))
const decide = (
  compiled: ReturnType<typeof compileFlags>,
  targetingKey: string,
  ...sources: AssignedVariations[]
) => {
  const { evaluations, newAssignments } = evaluateWithAssignments(
    compiled,
    { targetingKey, attributes: {} },
    sources,
  )
  const variations = Object.fromEntries(evaluations.map(({ flagKey, variation }) => [flagKey, variation?.id]))
  return { variations, newAssignments }
}
const toAssigned = (newAssignments: ReturnType<typeof decide>['newAssignments']): AssignedVariations =>
  new Map(newAssignments.map(({ ruleId, variationId }) => [ruleId, variationId]))

describe('a flag that keeps assignments', () => {
  const before = compileFlags(split('f', { a: 50_000, b: 50_000 }))
  const after = compileFlags(split('f', { a: 10_000, b: 10_000, c: 80_000 }))

  it('uses the hash at first, and then the assignment, even after its weights change', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (id) => {
        const [byHash] = evaluateAll(before, { targetingKey: id, attributes: {} })
        const first = decide(before, id, new Map())
        expect(first.variations['f']).toBe(byHash?.variation?.id)
        const second = decide(after, id, toAssigned(first.newAssignments))
        expect(second).toEqual({ variations: first.variations, newAssignments: [] })
      }),
      { numRuns: scaled(200) },
    )
  })

  it('assigns nothing to untracked visitors', () => {
    const empty = compileFlags(split('f', { a: 0 }))
    expect(decide(empty, 'ada', new Map())).toEqual({ variations: { f: undefined }, newAssignments: [] })
  })

  it('takes over the assignment of an anonymous visitor who logs in, unless there is one already', () => {
    const anonymous: AssignedVariations = new Map([['f-rule', 'c']])
    expect(decide(before, 'known', new Map(), anonymous)).toEqual({
      variations: { f: 'c' },
      newAssignments: [{ ruleId: 'f-rule', variationId: 'c' }],
    })
    expect(decide(before, 'known', new Map([['f-rule', 'b']]), anonymous)).toEqual({
      variations: { f: 'b' },
      newAssignments: [],
    })
  })

  it('gives no variation if the assigned one was deleted', () => {
    const gone = new Map([['f-rule', 'z']])
    expect(decide(before, 'ada', gone)).toEqual({ variations: { f: undefined }, newAssignments: [] })
  })

  it('ignores assignments if no rollout decides or the flag keeps none', () => {
    const compiled = compileFlags(
      split('plain', { a: 100_000 }, { assignment: undefined }),
      split('targeted', { a: 100_000 }, { targets: [{ variationId: 'b', targetingKeys: ['ada'] }] }),
    )
    const stale = new Map([
      ['plain-rule', 'c'],
      ['targeted-rule', 'c'],
    ])
    expect(decide(compiled, 'ada', stale)).toEqual({
      variations: { plain: 'a', targeted: 'b' },
      newAssignments: [],
    })
  })

  it('is evaluated with its assignment before flags that depend on it', () => {
    const dependent = flag({
      key: 'd',
      prerequisites: [{ flagKey: 'f', variationId: 'c' }],
      offVariationId: 'b',
    })
    const compiled = compileFlags(dependent, split('f', { a: 100_000 }))
    expect(decide(compiled, 'ada', new Map([['f-rule', 'c']])).variations).toEqual({ d: 'a', f: 'c' })
    expect(decide(compiled, 'ada', new Map()).variations).toEqual({ d: 'b', f: 'a' })
  })
})

describe('exclusive flags', () => {
  const exclusive = { assignment: 'exclusive' } as const
  const compiled = compileFlags(
    split('one', { a: 30_000 }, exclusive),
    split('three', { a: 100_000 }),
    split('two', { a: 50_000, b: 50_000 }, exclusive),
  )

  it('give a visitor a variation of only one of them', () => {
    let [first, second] = [0, 0]
    for (let i = 0; i < 2_000; i++) {
      const { variations } = decide(compiled, `user-${i}`, new Map())
      if (variations['one'] !== undefined) first++
      else if (variations['two'] !== undefined) second++
      expect([variations['one'], variations['two']].filter((each) => each !== undefined)).toHaveLength(1)
      expect(variations['three']).toBe('a')
    }
    expect(Math.min(first, second)).toBeGreaterThan(400)
  })

  it('keep a visitor in the flag that was assigned before, even if an earlier flag would apply', () => {
    const inTwo = new Map([['two-rule', 'b']])
    for (let i = 0; i < 200; i++)
      expect(decide(compiled, `user-${i}`, inTwo).variations).toEqual({
        one: undefined,
        two: 'b',
        three: 'a',
      })
  })
})
