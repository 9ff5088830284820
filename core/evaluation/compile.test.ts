import { describe, expect, it } from 'vitest'
import {
  clause,
  compiled,
  fixed,
  flag,
  prepared,
  rollout,
  rule,
  segment,
  snapshotOf,
  someone,
} from '../../test/support/build/flags.ts'
import { compile } from './compile.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import { explain } from './explain.ts'
import { buildSnapshot } from '../model/snapshot.ts'

const evenly = rollout({ a: 50_000, b: 50_000 })
const split = flag({ defaultStrategy: { id: 'split', strategy: evenly } })

describe('a compiled snapshot', () => {
  it('indexes SDK keys by SHA-256', () => {
    const key = { id: 'k', role: 'client' as const, sha256: 'ff' }
    const snapshot = compile(
      buildSnapshot({
        environmentId: 'e',
        revision: 1,
        modifiedAt: 0,
        flags: [],
        segments: [],
        sdkKeys: [key],
      }),
    )
    expect([...snapshot.sdkKeys]).toEqual([['ff', key]])
  })

  it('is sorted by keys and ids', () => {
    const keys = ['b', 'a', 'c', 'B']
    const snapshot = buildSnapshot({
      environmentId: 'e',
      revision: 1,
      modifiedAt: 0,
      flags: keys.map((key) => flag({ key })),
      segments: keys.map((key) => segment({ key })),
      sdkKeys: keys.map((id) => ({ id, role: 'server', sha256: id })),
    })
    const sorted = ['B', 'a', 'b', 'c']
    expect(snapshot.flags.map(({ key }) => key)).toEqual(sorted)
    expect(snapshot.segments.map(({ key }) => key)).toEqual(sorted)
    expect(snapshot.sdkKeys.map(({ id }) => id)).toEqual(sorted)
  })

  it('contains archived flags only if a live flag depends on them', () => {
    const requires = (key: string) => ({ prerequisites: [{ flagKey: key, variationId: 'a' }] })
    const flags = [
      flag({ key: 'live', ...requires('second') }),
      flag({ key: 'second', archived: true, ...requires('third') }),
      flag({ key: 'third', archived: true }),
      flag({ key: 'alone', archived: true }),
    ]
    expect(snapshotOf(flags).flags.map(({ key }) => key)).toEqual(['live', 'second', 'third'])
    const evaluations = evaluateAll(compile(snapshotOf(flags)), someone('ada'))
    expect(evaluations.map(({ flagKey }) => flagKey)).toEqual(['live'])
  })

  it('has a constant evaluation for flags whose result does not depend on the context', () => {
    const constant = (changes: Parameters<typeof flag>[0]) =>
      prepared([flag(changes)]).flags[0]!.constant?.reason
    expect(constant({})).toBe('STATIC')
    expect(constant({ enabled: false, rules: [rule([clause('x', 'exists')])] })).toBe('DISABLED')
    expect(constant({ rules: [rule([clause('x', 'exists')])] })).toBeUndefined()
    expect(constant({ targets: [{ variationId: 'b', targetingKeys: ['ada'] }] })).toBeUndefined()
    expect(constant({ defaultStrategy: split.defaultStrategy })).toBeUndefined()
    expect(prepared([split]).flags[0]!.gates).toBeUndefined()
  })

  it('prepares flags on first use, together with their dependencies', () => {
    const requires = (key: string) => ({ prerequisites: [{ flagKey: key, variationId: 'a' }] })
    const snapshot = compiled([
      flag({ key: 'first', ...requires('second') }),
      flag({ key: 'second', ...requires('third') }),
      flag({ key: 'third' }),
      flag({ key: 'other' }),
    ])
    const preparedKeys = () =>
      snapshot.flags.filter(({ isPrepared }) => isPrepared).map((each) => each.flag.key)
    expect(preparedKeys()).toEqual([])
    evaluate(snapshot, 'first', someone('ada'))
    expect(preparedKeys()).toEqual(['first', 'second', 'third'])
    explain(snapshot, 'other', someone('ada'))
    expect(preparedKeys()).toHaveLength(4)
  })

  it('shares equal evaluations and variations', () => {
    const snapshot = compiled([split])
    const evaluations = Array.from({ length: 50 }, (_, i) => evaluate(snapshot, 'flag', someone(`user ${i}`)))
    expect(new Set(evaluations).size).toBe(2)
    const twice = compiled([
      flag({
        rules: [rule([clause('x', 'exists')], { strategy: evenly })],
        defaultStrategy: split.defaultStrategy,
      }),
    ])
    const [byRule, byDefault] = [someone('ada', { x: 1 }), someone('ada')].map(
      (user) => evaluate(twice, 'flag', user).variation,
    )
    const same = Array.from(
      { length: 20 },
      (_, i) => evaluate(twice, 'flag', someone(`u${i}`, { x: 1 })).variation,
    )
    expect(same).toContain(byRule)
    expect([byRule, ...same]).toContain(byDefault)
  })

  it('caches the flags of each tag, for a limited number of tags', () => {
    const snapshot = compiled([
      flag({ key: 'web', tags: ['web'] }),
      flag({ key: 'old', tags: ['web'], archived: true }),
      flag({ key: 'app' }),
    ])
    const keys = (tag?: string) => evaluateAll(snapshot, someone('ada'), tag).map(({ flagKey }) => flagKey)
    for (let i = 0; i < 2; i++) {
      expect(keys()).toEqual(['app', 'web'])
      expect(keys('web')).toEqual(['web'])
      expect(keys('none')).toEqual([])
    }
    expect(snapshot.servedIndexes.size).toBe(3)
    for (let i = 0; i < 1_100; i++) keys(`tag ${i}`)
    expect(snapshot.servedIndexes.size).toBe(1_000)
    expect(keys('web')).toEqual(['web'])
    expect(keys('tag 1099')).toEqual([])
  })
})

describe('the reason', () => {
  const reason = (changes: Parameters<typeof flag>[0], user = someone('ada')) =>
    evaluate(compiled([flag(changes), flag({ key: 'other' })]), 'flag', user).reason

  it('is STATIC only for a flag without targeting', () => {
    expect(reason({})).toBe('STATIC')
    expect(reason({ rules: [rule([clause('x', 'exists')])] })).toBe('DEFAULT')
    expect(reason({ targets: [{ variationId: 'b', targetingKeys: ['bob'] }] })).toBe('DEFAULT')
    expect(reason({ prerequisites: [{ flagKey: 'other', variationId: 'a' }] })).toBe('DEFAULT')
    expect(reason({ rules: [rule([clause('x', 'exists')])] }, someone('ada', { x: 1 }))).toBe(
      'TARGETING_MATCH',
    )
  })

  it('is a missing targeting key only if a rollout decides', () => {
    const changes = { rules: [rule([clause('x', 'exists')], { strategy: evenly })] }
    expect(reason(changes, someone(undefined))).toBe('DEFAULT')
    const missing = evaluate(compiled([flag(changes)]), 'flag', someone(undefined, { x: 1 }))
    expect(missing.error).toEqual({
      code: 'TARGETING_KEY_MISSING',
      message: 'this flag is split by targeting key, and the context has none',
    })
  })

  it('is an error with a message if a dependency is missing or cyclic', () => {
    const on = (flagKey: string) => ({ prerequisites: [{ flagKey, variationId: 'a' }] })
    const message = (flags: Parameters<typeof compile>[0]['flags'], key: string) =>
      evaluate(compile(snapshotOf(flags)), key, someone('ada')).error
    expect(message([flag({ key: 'a', ...on('gone') })], 'a')).toEqual({
      code: 'GENERAL',
      message: 'depends on the flag gone, which does not exist',
    })
    const cycle = [
      flag({ key: 'a', ...on('b') }),
      flag({ key: 'b', ...on('a') }),
      flag({ key: 'c', ...on('a') }),
      flag({ key: 'd' }),
    ]
    for (const key of ['a', 'b', 'c'])
      expect(message(cycle, key)).toEqual({
        code: 'GENERAL',
        message: expect.stringMatching(/^depends on itself through [ab]$/) as string,
      })
    expect(message(cycle, 'd')).toBeUndefined()
    expect(message(cycle, 'e')).toEqual({ code: 'FLAG_NOT_FOUND', message: 'there is no flag e' })
  })

  it('is first a failed prerequisite, then a disabled flag, then a target or rule', () => {
    const changes = {
      enabled: false,
      prerequisites: [{ flagKey: 'other', variationId: 'a' }],
      targets: [{ variationId: 'b', targetingKeys: ['ada'] }],
      rules: [rule([clause('x', 'not-exists')])],
    }
    expect(reason(changes)).toBe('DISABLED')
    expect(reason({ ...changes, prerequisites: [{ flagKey: 'other', variationId: 'b' }] })).toBe(
      'PREREQUISITE_FAILED',
    )
  })
})

describe('a clause with flag-is', () => {
  const variationWith = (other: Parameters<typeof flag>[0]) =>
    evaluate(
      compiled([
        flag({ rules: [rule([clause('other', 'flag-is', 'a', 'c')])] }),
        flag({ key: 'other', ...other }),
      ]),
      'flag',
      someone('ada'),
    ).variation?.id
  it('tests the variation of the other flag, and fails if it has none', () => {
    expect(variationWith({})).toBe('b')
    expect(variationWith({ defaultStrategy: { id: 'o', strategy: fixed('b') } })).toBe('a')
    expect(variationWith({ enabled: false })).toBe('b')
    expect(variationWith({ defaultStrategy: { id: 'o', strategy: rollout({ a: 0 }) } })).toBe('a')
  })
})

describe('an attribute', () => {
  it('that is a boolean reads as the text true or false', () => {
    const snapshot = compiled([flag({ rules: [rule([clause('x', 'equals', 'true')])] })])
    const variation = (x: unknown) => evaluate(snapshot, 'flag', someone('ada', { x })).variation?.id
    expect([true, 'true', false, 1].map(variation)).toEqual(['b', 'b', 'a', 'a'])
    const negative = compiled([flag({ rules: [rule([clause('x', 'equals', 'false')])] })])
    expect(evaluate(negative, 'flag', someone('ada', { x: false })).variation?.id).toBe('b')
  })

  it('that is zero or version 0.0.0 is compared in order like any other', () => {
    const holds = (value: string, x: unknown) =>
      evaluate(
        compiled([flag({ rules: [rule([clause('x', 'less-or-equal', value)])] })]),
        'flag',
        someone('ada', { x }),
      ).variation?.id === 'b'
    expect([
      holds('0', 0),
      holds('0', '0'),
      holds('0', 1),
      holds('0.0.0', '0.0.0'),
      holds('0.0.0', '0.0.1'),
    ]).toEqual([true, true, false, true, false])
  })
})

describe('an explanation', () => {
  it('lists the segments that the user is in', () => {
    const snapshot = compiled(
      [flag({ rules: [rule([clause('', 'in-segment', 'friends', 'family')])] })],
      [segment({ key: 'friends', included: ['ada'] }), segment({ key: 'family', included: ['bob'] })],
    )
    const found = (key: string) => explain(snapshot, 'flag', someone(key))!.rules[0]!.anyOf[0]![0]!
    expect(found('ada')).toMatchObject({ found: ['friends'], holds: true })
    expect(found('eve')).toMatchObject({ found: [], holds: false })
  })

  it('distinguishes a missing attribute from an empty one', () => {
    const snapshot = compiled([flag({ rules: [rule([clause('x', 'equals', 'y')])] })])
    const found = (attributes: Record<string, unknown>) =>
      explain(snapshot, 'flag', someone('ada', attributes))!.rules[0]!.anyOf[0]![0]!.found
    expect([found({}), found({ x: '' }), found({ x: 5 }), found({ x: ['a', 1] })]).toEqual([
      undefined,
      '',
      '5',
      ['a', '1'],
    ])
  })

  it('marks a rule as matched if one of its groups matches', () => {
    const either = rule([], { anyOf: [[clause('x', 'exists')], [clause('y', 'exists')]] })
    const rules = (attributes: Record<string, unknown>) =>
      explain(compiled([flag({ rules: [either] })]), 'flag', someone('ada', attributes))!.rules
    expect(rules({ y: 1 })[0]!.matched).toBe(true)
    expect(rules({})[0]!.matched).toBe(false)
  })

  it('shows the untracked remainder and whether the user is in the audience', () => {
    const partly = flag({
      defaultStrategy: {
        id: 'p',
        strategy: rollout({ a: 20_000, b: 30_000 }, { percentage: 50, defaultVariationId: 'c' }),
      },
    })
    const snapshot = compiled([partly])
    const people = Array.from({ length: 100 }, (_, i) => explain(snapshot, 'flag', someone(`user ${i}`))!)
    for (const { rollout: explained, evaluation } of people) {
      expect(explained!.cuts).toEqual([
        { variationId: 'a', below: 20_000 },
        { variationId: 'b', below: 50_000 },
        { variationId: undefined, below: 100_000 },
      ])
      expect(explained!.audience!.below).toBe(50_000)
      expect(explained!.audience!.isIn).toBe(explained!.audience!.bucket < 50_000)
      const id = explained!.audience!.isIn
        ? explained!.cuts.find(({ below }) => explained!.bucket < below)!.variationId
        : 'c'
      expect(evaluation.variation?.id).toBe(id)
    }
    expect(new Set(people.map(({ rollout: explained }) => explained!.audience!.isIn)).size).toBe(2)
    expect(explain(compiled([split]), 'flag', someone('ada'))!.rollout!.cuts).toHaveLength(2)
  })

  it('ends at the first prerequisite that failed', () => {
    const snapshot = compiled([
      flag({
        prerequisites: [
          { flagKey: 'one', variationId: 'a' },
          { flagKey: 'two', variationId: 'b' },
          { flagKey: 'three', variationId: 'a' },
        ],
      }),
      flag({ key: 'one' }),
      flag({ key: 'two' }),
      flag({ key: 'three', enabled: false }),
    ])
    const { prerequisites, isTargeted } = explain(snapshot, 'flag', someone('ada'))!
    expect(prerequisites).toEqual([
      { flagKey: 'one', wanted: 'a', got: 'a' },
      { flagKey: 'two', wanted: 'b', got: 'a' },
    ])
    expect(isTargeted).toBe(false)
  })

  it('shows whether the user is in the slices, and no rules if not', () => {
    const sliced = flag({ slices: [{ from: 0, to: 50 }], rules: [rule([clause('x', 'exists')])] })
    const snapshot = compiled([sliced])
    const people = Array.from({ length: 60 }, (_, i) =>
      explain(snapshot, 'flag', someone(`user ${i}`, { x: 1 }))!,
    )
    for (const { slice, rules, isTargeted, evaluation } of people) {
      expect(slice!.isIn).toBe(slice!.place < 50)
      expect(rules).toHaveLength(slice!.isIn ? 1 : 0)
      expect(evaluation.variation?.id).toBe(slice!.isIn ? 'b' : undefined)
      expect(isTargeted).toBe(false)
    }
    expect(new Set(people.map(({ slice }) => slice!.isIn)).size).toBe(2)
    const withoutKey = explain(snapshot, 'flag', someone(undefined, { x: 1 }))!
    expect([withoutKey.slice, withoutKey.rules, withoutKey.isTargeted]).toEqual([undefined, [], false])
    expect(withoutKey.evaluation.error?.code).toBe('TARGETING_KEY_MISSING')
  })

  it('shows whether an individual target decided', () => {
    const snapshot = compiled([flag({ targets: [{ variationId: 'b', targetingKeys: ['ada'] }] })])
    expect(
      ['ada', 'bob', undefined].map((key) => explain(snapshot, 'flag', someone(key))!.isTargeted),
    ).toEqual([true, false, false])
  })
})
