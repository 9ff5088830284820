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

const everybody = rollout({ a: 50_000, b: 50_000 })
const split = flag({ defaultStrategy: { id: 'split', strategy: everybody } })

describe('a compiled snapshot', () => {
  it('knows SDK keys by their digests', () => {
    const key = { id: 'k', role: 'client' as const, sha256: 'ff' }
    const ready = compile(
      buildSnapshot({
        environmentId: 'e',
        revision: 1,
        modifiedAt: 0,
        flags: [],
        segments: [],
        sdkKeys: [key],
      }),
    )
    expect([...ready.sdkKeys]).toEqual([['ff', key]])
  })

  it('is in the order of keys and ids, whatever the order it was stored in', () => {
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

  it('keeps an archived flag only where a live one still asks for it', () => {
    const asks = (key: string) => ({ prerequisites: [{ flagKey: key, variationId: 'a' }] })
    const flags = [
      flag({ key: 'live', ...asks('needed') }),
      flag({ key: 'needed', archived: true, ...asks('below') }),
      flag({ key: 'below', archived: true }),
      flag({ key: 'alone', archived: true }),
    ]
    expect(snapshotOf(flags).flags.map(({ key }) => key)).toEqual(['below', 'live', 'needed'])
    const answers = evaluateAll(compile(snapshotOf(flags)), someone('ada'))
    expect(answers.map(({ flagKey }) => flagKey)).toEqual(['live'])
  })

  it('holds what a flag answers everybody, and asks nothing for it', () => {
    const constant = (changes: Parameters<typeof flag>[0]) =>
      prepared([flag(changes)]).flags[0]!.constant?.reason
    expect(constant({})).toBe('STATIC')
    expect(constant({ enabled: false, rules: [rule([clause('x', 'exists')])] })).toBe('DISABLED')
    expect(constant({ rules: [rule([clause('x', 'exists')])] })).toBeUndefined()
    expect(constant({ targets: [{ variationId: 'b', targetingKeys: ['ada'] }] })).toBeUndefined()
    expect(constant({ defaultStrategy: split.defaultStrategy })).toBeUndefined()
    expect(prepared([split]).flags[0]!.gates).toBeUndefined()
  })

  it('prepares of its flags those that are asked for and those that they depend on', () => {
    const needs = (key: string) => ({ prerequisites: [{ flagKey: key, variationId: 'a' }] })
    const ready = compiled([
      flag({ key: 'asked', ...needs('needed') }),
      flag({ key: 'needed', ...needs('below') }),
      flag({ key: 'below' }),
      flag({ key: 'other' }),
    ])
    const known = () => ready.flags.filter(({ isPrepared }) => isPrepared).map((each) => each.flag.key)
    expect(known()).toEqual([])
    evaluate(ready, 'asked', someone('ada'))
    expect(known()).toEqual(['asked', 'below', 'needed'])
    explain(ready, 'other', someone('ada'))
    expect(known()).toHaveLength(4)
  })

  it('keeps one answer and one variation for all that give the same', () => {
    const ready = compiled([split])
    const answers = Array.from({ length: 50 }, (_, i) => evaluate(ready, 'flag', someone(`user ${i}`)))
    expect(new Set(answers).size).toBe(2)
    const twice = compiled([
      flag({
        rules: [rule([clause('x', 'exists')], { strategy: everybody })],
        defaultStrategy: split.defaultStrategy,
      }),
    ])
    const [one, other] = [someone('ada', { x: 1 }), someone('ada')].map(
      (who) => evaluate(twice, 'flag', who).variation,
    )
    const same = Array.from(
      { length: 20 },
      (_, i) => evaluate(twice, 'flag', someone(`u${i}`, { x: 1 })).variation,
    )
    expect(same).toContain(one)
    expect([one, ...same]).toContain(other)
  })

  it('remembers which flags a tag has, and only so many tags', () => {
    const ready = compiled([
      flag({ key: 'web', tags: ['web'] }),
      flag({ key: 'old', tags: ['web'], archived: true }),
      flag({ key: 'app' }),
    ])
    const keys = (tag?: string) => evaluateAll(ready, someone('ada'), tag).map(({ flagKey }) => flagKey)
    for (let i = 0; i < 2; i++) {
      expect(keys()).toEqual(['app', 'web'])
      expect(keys('web')).toEqual(['web'])
      expect(keys('none')).toEqual([])
    }
    expect(ready.answered.size).toBe(3)
    for (let i = 0; i < 1_100; i++) keys(`tag ${i}`)
    expect(ready.answered.size).toBe(1_000)
    expect(keys('web')).toEqual(['web'])
    expect(keys('tag 1099')).toEqual([])
  })
})

describe('reasons', () => {
  const reason = (changes: Parameters<typeof flag>[0], who = someone('ada')) =>
    evaluate(compiled([flag(changes), flag({ key: 'other' })]), 'flag', who).reason

  it('tell a default of targeting from a flag that has none', () => {
    expect(reason({})).toBe('STATIC')
    expect(reason({ rules: [rule([clause('x', 'exists')])] })).toBe('DEFAULT')
    expect(reason({ targets: [{ variationId: 'b', targetingKeys: ['bob'] }] })).toBe('DEFAULT')
    expect(reason({ prerequisites: [{ flagKey: 'other', variationId: 'a' }] })).toBe('DEFAULT')
    expect(reason({ rules: [rule([clause('x', 'exists')])] }, someone('ada', { x: 1 }))).toBe(
      'TARGETING_MATCH',
    )
  })

  it('ask for a targeting key only where a percentage decides', () => {
    const changes = { rules: [rule([clause('x', 'exists')], { strategy: everybody })] }
    expect(reason(changes, someone(undefined))).toBe('DEFAULT')
    const missing = evaluate(compiled([flag(changes)]), 'flag', someone(undefined, { x: 1 }))
    expect(missing.error).toEqual({
      code: 'TARGETING_KEY_MISSING',
      message: 'this flag is split by targeting key, and the context has none',
    })
  })

  it('name what stands in the way of a flag that cannot be decided', () => {
    const on = (flagKey: string) => ({ prerequisites: [{ flagKey, variationId: 'a' }] })
    const message = (flags: Parameters<typeof compile>[0]['flags'], key: string) =>
      evaluate(compile(snapshotOf(flags)), key, someone('ada')).error
    expect(message([flag({ key: 'a', ...on('gone') })], 'a')).toEqual({
      code: 'GENERAL',
      message: 'depends on the flag gone, which is not there',
    })
    const circle = [
      flag({ key: 'a', ...on('b') }),
      flag({ key: 'b', ...on('a') }),
      flag({ key: 'c', ...on('a') }),
      flag({ key: 'd' }),
    ]
    for (const key of ['a', 'b', 'c'])
      expect(message(circle, key)).toEqual({
        code: 'GENERAL',
        message: expect.stringMatching(/^depends on itself through [ab]$/) as string,
      })
    expect(message(circle, 'd')).toBeUndefined()
    expect(message(circle, 'e')).toEqual({ code: 'FLAG_NOT_FOUND', message: 'there is no flag e' })
  })

  it('are of the flag that is off before they are of its rules, and of its prerequisites before both', () => {
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

describe('a flag that asks for another', () => {
  const asking = (other: Parameters<typeof flag>[0]) =>
    evaluate(
      compiled([
        flag({ rules: [rule([clause('other', 'flag-is', 'a', 'c')])] }),
        flag({ key: 'other', ...other }),
      ]),
      'flag',
      someone('ada'),
    ).variation?.id
  it('goes by its variation, and by none where it has none', () => {
    expect(asking({})).toBe('b')
    expect(asking({ defaultStrategy: { id: 'o', strategy: fixed('b') } })).toBe('a')
    expect(asking({ enabled: false })).toBe('b')
    expect(asking({ defaultStrategy: { id: 'o', strategy: rollout({ a: 0 }) } })).toBe('a')
  })
})

describe('an attribute', () => {
  it('that is true or false reads as the word', () => {
    const ready = compiled([flag({ rules: [rule([clause('x', 'equals', 'true')])] })])
    const answer = (x: unknown) => evaluate(ready, 'flag', someone('ada', { x })).variation?.id
    expect([true, 'true', false, 1].map(answer)).toEqual(['b', 'b', 'a', 'a'])
    const negative = compiled([flag({ rules: [rule([clause('x', 'equals', 'false')])] })])
    expect(evaluate(negative, 'flag', someone('ada', { x: false })).variation?.id).toBe('b')
  })

  it('that is zero, or a version of zeros, is put in order like any other', () => {
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
  it('names the segments somebody is in, and none where they are in none', () => {
    const ready = compiled(
      [flag({ rules: [rule([clause('', 'in-segment', 'friends', 'family')])] })],
      [segment({ key: 'friends', included: ['ada'] }), segment({ key: 'family', included: ['bob'] })],
    )
    const found = (key: string) => explain(ready, 'flag', someone(key))!.rules[0]!.anyOf[0]![0]!
    expect(found('ada')).toMatchObject({ found: ['friends'], holds: true })
    expect(found('eve')).toMatchObject({ found: [], holds: false })
  })

  it('says that an attribute is missing rather than empty', () => {
    const ready = compiled([flag({ rules: [rule([clause('x', 'equals', 'y')])] })])
    const found = (attributes: Record<string, unknown>) =>
      explain(ready, 'flag', someone('ada', attributes))!.rules[0]!.anyOf[0]![0]!.found
    expect([found({}), found({ x: '' }), found({ x: 5 }), found({ x: ['a', 1] })]).toEqual([
      undefined,
      '',
      '5',
      ['a', '1'],
    ])
  })

  it('marks a rule that one of its groups carries', () => {
    const either = rule([], { anyOf: [[clause('x', 'exists')], [clause('y', 'exists')]] })
    const rules = (attributes: Record<string, unknown>) =>
      explain(compiled([flag({ rules: [either] })]), 'flag', someone('ada', attributes))!.rules
    expect(rules({ y: 1 })[0]!.matched).toBe(true)
    expect(rules({})[0]!.matched).toBe(false)
  })

  it('shows the remainder that no variation gets, and who is in an audience', () => {
    const partly = flag({
      defaultStrategy: {
        id: 'p',
        strategy: rollout({ a: 20_000, b: 30_000 }, { percentage: 50, defaultVariationId: 'c' }),
      },
    })
    const ready = compiled([partly])
    const people = Array.from({ length: 100 }, (_, i) => explain(ready, 'flag', someone(`user ${i}`))!)
    for (const { rollout: withoutSecrets, evaluation } of people) {
      expect(withoutSecrets!.cuts).toEqual([
        { variationId: 'a', below: 20_000 },
        { variationId: 'b', below: 50_000 },
        { variationId: undefined, below: 100_000 },
      ])
      expect(withoutSecrets!.audience!.below).toBe(50_000)
      expect(withoutSecrets!.audience!.isIn).toBe(withoutSecrets!.audience!.bucket < 50_000)
      const id = withoutSecrets!.audience!.isIn
        ? withoutSecrets!.cuts.find(({ below }) => withoutSecrets!.bucket < below)!.variationId
        : 'c'
      expect(evaluation.variation?.id).toBe(id)
    }
    expect(new Set(people.map(({ rollout: withoutSecrets }) => withoutSecrets!.audience!.isIn)).size).toBe(2)
    expect(explain(compiled([split]), 'flag', someone('ada'))!.rollout!.cuts).toHaveLength(2)
  })

  it('goes as far as the prerequisite that failed', () => {
    const ready = compiled([
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
    const { prerequisites, isTargeted } = explain(ready, 'flag', someone('ada'))!
    expect(prerequisites).toEqual([
      { flagKey: 'one', wanted: 'a', got: 'a' },
      { flagKey: 'two', wanted: 'b', got: 'a' },
    ])
    expect(isTargeted).toBe(false)
  })

  it('tells who is outside the slices of a flag, before any rule is looked at', () => {
    const sliced = flag({ slices: [{ from: 0, to: 50 }], rules: [rule([clause('x', 'exists')])] })
    const ready = compiled([sliced])
    const people = Array.from({ length: 60 }, (_, i) =>
      explain(ready, 'flag', someone(`user ${i}`, { x: 1 }))!,
    )
    for (const { slice, rules, isTargeted, evaluation } of people) {
      expect(slice!.isIn).toBe(slice!.place < 50)
      expect(rules).toHaveLength(slice!.isIn ? 1 : 0)
      expect(evaluation.variation?.id).toBe(slice!.isIn ? 'b' : undefined)
      expect(isTargeted).toBe(false)
    }
    expect(new Set(people.map(({ slice }) => slice!.isIn)).size).toBe(2)
    const nobody = explain(ready, 'flag', someone(undefined, { x: 1 }))!
    expect([nobody.slice, nobody.rules, nobody.isTargeted]).toEqual([undefined, [], false])
    expect(nobody.evaluation.error?.code).toBe('TARGETING_KEY_MISSING')
  })

  it('is of a target where one decides, and of none to nobody', () => {
    const ready = compiled([flag({ targets: [{ variationId: 'b', targetingKeys: ['ada'] }] })])
    expect(['ada', 'bob', undefined].map((key) => explain(ready, 'flag', someone(key))!.isTargeted)).toEqual([
      true,
      false,
      false,
    ])
  })
})
