import { describe, expect, it } from 'vitest'
import allocations from '../../test/golden/core/allocation.json' with { type: 'json' }
import {
  clause,
  compiled,
  fixed,
  flag,
  rollout,
  rule,
  segment,
  someone,
} from '../../test/support/build/flags.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import type { Flag } from '../model/flag.ts'

const decide = (
  it: Flag,
  targetingKey: string | undefined = 'ada',
  attributes: Record<string, unknown> = {},
) => evaluate(compiled([it]), it.key, someone(targetingKey, attributes))
const variationOf = (...given: Parameters<typeof decide>) => decide(...given).variation?.id

describe('a flag', () => {
  it('never matches a rule without groups, and always one with an empty group', () => {
    const never = rule([], { id: 'never', anyOf: [], strategy: fixed('c') })
    expect(variationOf(flag({ rules: [never] }))).toBe('a')
    expect(variationOf(flag({ rules: [never, rule([], { id: 'always', anyOf: [[]] })] }))).toBe('b')
    const either = [[clause('x', 'equals', '1')], []]
    expect(variationOf(flag({ rules: [rule([], { id: 'either', anyOf: either })] }))).toBe('b')
  })

  it('that is disabled gives its off variation, whatever its targets', () => {
    const off = flag({ enabled: false, targets: [{ variationId: 'b', targetingKeys: ['ada'] }] })
    expect(decide(off)).toMatchObject({
      reason: 'DISABLED',
      cause: { kind: 'off' },
      variation: { id: 'c', typed: 'value c' },
    })
  })

  it('that is disabled and has no off variation gives no variation', () => {
    const { offVariationId: _, ...rest } = flag({ enabled: false })
    expect(decide(rest)).toMatchObject({ reason: 'DISABLED', variation: undefined, error: undefined })
  })

  it('has the reason STATIC without targeting, and DEFAULT if targeting did not match', () => {
    expect(decide(flag()).reason).toBe('STATIC')
    expect(decide(flag({ rules: [rule([clause('plan', 'equals', 'pro')])] })).reason).toBe('DEFAULT')
  })

  it('uses the first target that lists the key, before any rule', () => {
    const targeted = flag({
      targets: [
        { variationId: 'c', targetingKeys: ['bob', 'ada'] },
        { variationId: 'b', targetingKeys: ['ada'] },
      ],
      rules: [rule([clause('id', 'equals', 'ada')])],
    })
    expect(decide(targeted)).toMatchObject({
      reason: 'TARGETING_MATCH',
      cause: { kind: 'target' },
      variation: { id: 'c' },
    })
  })

  it('uses the first rule of which all clauses of a group match', () => {
    const ruled = flag({
      rules: [
        rule([clause('plan', 'equals', 'pro'), clause('country', 'equals', 'JP')], { id: 'first' }),
        rule([], {
          id: 'second',
          anyOf: [[clause('a', 'exists')], [clause('plan', 'equals', 'pro')]],
          strategy: fixed('c'),
        }),
      ],
    })
    expect(decide(ruled, 'ada', { plan: 'pro', country: 'JP' }).cause).toEqual({
      kind: 'rule',
      ruleId: 'first',
    })
    expect(decide(ruled, 'ada', { plan: 'pro' }).cause).toEqual({ kind: 'rule', ruleId: 'second' })
    expect(decide(ruled, 'ada', { country: 'JP' }).cause).toEqual({ kind: 'default', ruleId: 'flag-default' })
  })

  it('gives an error without targeting key only if it has a rollout', () => {
    const split = flag({ defaultStrategy: { id: 'd', strategy: rollout({ a: 50_000, b: 50_000 }) } })
    expect(evaluate(compiled([split]), 'flag', someone(undefined)).error?.code).toBe('TARGETING_KEY_MISSING')
    expect(evaluate(compiled([flag()]), 'flag', someone(undefined)).variation?.id).toBe('a')
  })

  it('that is unknown or archived gives an error and no exception', () => {
    const archived = compiled([flag({ archived: true })])
    expect(evaluate(archived, 'flag', someone('ada')).error?.code).toBe('FLAG_NOT_FOUND')
    expect(evaluate(archived, '__proto__', someone('ada')).error?.code).toBe('FLAG_NOT_FOUND')
  })

  it('has typed values', () => {
    const typed = (type: Flag['type'], value: string) =>
      decide(flag({ type, variations: [{ id: 'a', name: '', description: '', value }] })).variation?.typed
    expect(typed('boolean', 'true')).toBe(true)
    expect(typed('number', '1.50')).toBe(1.5)
    expect(typed('json', '{"a":[1]}')).toEqual({ a: [1] })
    expect(typed('string', 'true')).toBe('true')
  })
})

describe('a rollout', () => {
  it.each(allocations)('$given.allocation: $name', ({ given, when, then }) => {
    const {
      allocation,
      ruleId = 'd',
      flagKey = 'flag',
      seed = '',
      shares,
      audience,
    } = given as unknown as Case
    const ids = [
      ...new Set([...shares.map(([id]) => id), ...(audience ? [audience.defaultVariationId] : [])]),
    ]
    const subject = flag({
      key: flagKey,
      seed,
      allocation,
      variations: ids.map((id) => ({ id, name: '', description: '', value: id })),
      offVariationId: ids[0]!,
      defaultStrategy: { id: ruleId, strategy: rollout(Object.fromEntries(shares), audience) },
    })
    expect(variationOf(subject, when) ?? null).toBe(then)
  })

  interface Case {
    allocation: Flag['allocation']
    ruleId?: string
    flagKey?: string
    seed?: string
    shares: [string, number][]
    audience?: { percentage: number; defaultVariationId: string }
  }

  it('gives the untracked remainder no variation, with the rollout as cause', () => {
    const partial = flag({ defaultStrategy: { id: 'd', strategy: rollout({ a: 0 }) } })
    expect(decide(partial)).toMatchObject({
      reason: 'SPLIT',
      cause: { kind: 'default', ruleId: 'd' },
      variation: undefined,
    })
  })

  it('with an audience of 0 or 100 percent excludes nobody, as in Bucketeer', () => {
    for (const percentage of [0, 100]) {
      const all = flag({
        defaultStrategy: {
          id: 'd',
          strategy: rollout({ b: 100_000 }, { percentage, defaultVariationId: 'a' }),
        },
      })
      expect(variationOf(all)).toBe('b')
    }
  })
})

describe('a dependency', () => {
  const base = flag({ key: 'base', rules: [rule([clause('plan', 'equals', 'pro')])] })
  const dependent = flag({ key: 'dependent', prerequisites: [{ flagKey: 'base', variationId: 'b' }] })

  it('that fails gives the off variation, even for a disabled flag', () => {
    const both = compiled([base, dependent])
    expect(evaluate(both, 'dependent', someone('ada', { plan: 'pro' })).variation?.id).toBe('a')
    expect(evaluate(both, 'dependent', someone('ada'))).toMatchObject({
      reason: 'PREREQUISITE_FAILED',
      variation: { id: 'c' },
    })
    const off = compiled([base, { ...dependent, enabled: false }])
    expect(evaluate(off, 'dependent', someone('ada')).reason).toBe('PREREQUISITE_FAILED')
  })

  it('may lead through several flags, also archived ones', () => {
    const chain = compiled([
      { ...base, archived: true },
      { ...dependent, archived: true },
      flag({ key: 'last', rules: [rule([clause('dependent', 'flag-is', 'a')])] }),
    ])
    expect(evaluate(chain, 'last', someone('ada', { plan: 'pro' })).variation?.id).toBe('b')
    expect(evaluate(chain, 'last', someone('ada')).variation?.id).toBe('a')
    expect(evaluateAll(chain, someone('ada')).map(({ flagKey }) => flagKey)).toEqual(['last'])
  })

  it('in a cycle is an error of the flags that depend on it, and of no others', () => {
    const cycle = compiled([
      flag({ key: 'x', prerequisites: [{ flagKey: 'y', variationId: 'a' }] }),
      flag({ key: 'y', prerequisites: [{ flagKey: 'x', variationId: 'a' }] }),
      flag({ key: 'above', prerequisites: [{ flagKey: 'x', variationId: 'a' }] }),
      flag({ key: 'gap', prerequisites: [{ flagKey: 'unknown', variationId: 'a' }] }),
      flag({ key: 'free' }),
    ])
    const codes = Object.fromEntries(
      evaluateAll(cycle, someone('ada')).map(({ flagKey, error }) => [flagKey, error?.code]),
    )
    expect(codes).toEqual({ x: 'GENERAL', y: 'GENERAL', above: 'GENERAL', gap: 'GENERAL', free: undefined })
  })
})

describe('a segment', () => {
  const members = segment({
    included: ['ada'],
    anyOf: [[clause('plan', 'equals', 'pro'), clause('country', 'equals', 'JP')]],
  })
  const snapshot = compiled(
    [flag({ rules: [rule([clause('', 'in-segment', 'unknown', 'segment')])] })],
    [members],
  )
  const isMember = (targetingKey: string | undefined, attributes = {}) =>
    evaluate(snapshot, 'flag', someone(targetingKey, attributes)).variation?.id === 'b'

  it('contains the users it lists and those who match its rules', () => {
    expect(isMember('ada')).toBe(true)
    expect(isMember('bob', { plan: 'pro', country: 'JP' })).toBe(true)
    expect(isMember('bob', { plan: 'pro' })).toBe(false)
    expect(isMember(undefined)).toBe(false)
  })
})

describe('all flags', () => {
  it('are evaluated in the snapshot’s order, optionally for one tag', () => {
    const three = compiled([
      flag({ key: 'z', tags: ['web'] }),
      flag({ key: 'a' }),
      flag({ key: 'm', tags: ['app', 'web'] }),
    ])
    const keys = (tag?: string) => evaluateAll(three, someone('ada'), tag).map(({ flagKey }) => flagKey)
    expect(keys()).toEqual(['a', 'm', 'z'])
    expect(keys('web')).toEqual(['m', 'z'])
    expect(keys('unknown')).toEqual([])
  })
})
