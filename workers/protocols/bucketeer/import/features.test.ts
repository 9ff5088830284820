// An imported list of Bucketeer features gives every user the same variation as Bucketeer's evaluator
// (test/support/build/bucketeer-evaluator.ts).
import { describe, expect, it } from 'vitest'
import fc from '../../../../test/support/build/fast-check.ts'
import type { Clause } from '../../../../core/model/clause.ts'
import { compile } from '../../../../core/evaluation/compile.ts'
import { emptyState } from '../../../../core/model/environment-state.ts'
import { evaluate } from '../../../../core/evaluation/evaluate.ts'
import { checkCandidates } from '../../../../core/change/import-plan.ts'
import { bucketeerEvaluate, type User } from '../../../../test/support/build/bucketeer-evaluator.ts'
import {
  feature,
  featureList,
  fixedOn,
  ids,
  split,
  user,
  word,
} from '../../../../test/support/build/bucketeer-features.ts'
import {
  clause,
  fixed,
  flag,
  rollout,
  rule,
  segment,
  snapshotOf,
} from '../../../../test/support/build/flags.ts'
import { scaled } from '../../../../test/support/build/scale.ts'
import { FeatureList } from '../feature.ts'
import { fromFeatureList } from './features.ts'
import { localMode } from '../local-mode.ts'

const noYaml = { toJson: (text: string) => text }
const imported = (list: unknown) =>
  checkCandidates(
    emptyState(),
    fromFeatureList(FeatureList.parse(list), noYaml, () => false),
  )
const decide = (list: unknown, key: string, { id, data }: User) => {
  const { flags, segments } = imported(list)
  const evaluation = evaluate(compile(snapshotOf(flags, segments)), key, {
    targetingKey: id,
    attributes: data,
  })
  return evaluation.variation?.id
}

describe('allocation', () => {
  // Bucketeer's own evaluator: reference vectors of its hash.
  it.each([
    ['feature', 'user1', '', { a: 50_000, b: 50_000 }, null, 'b'],
    ['feature', 'user2', '', { a: 50_000, b: 50_000 }, null, 'a'],
    ['feature', 'user3', '', { a: 33_333, b: 33_333, c: 33_334 }, null, 'c'],
    ['new-checkout', 'alice@example.com', '', { a: 10_000, b: 90_000 }, null, 'b'],
    ['new-checkout', 'bob@example.com', '', { a: 10_000, b: 90_000 }, null, 'b'],
    [
      'new-checkout',
      'user-42',
      '7d1c9b1e-8f2a-4d55-9f59-0d7c3a1f2b10',
      { a: 25_000, b: 25_000, c: 25_000, d: 25_000 },
      null,
      'b',
    ],
    ['new-checkout', 'user-42', '', { a: 25_000, b: 25_000, c: 25_000, d: 25_000 }, null, 'c'],
    ['exp-1', 'user-0001', '', { a: 0, b: 100_000 }, { percentage: 20, defaultVariation: 'a' }, 'a'],
    ['exp-1', 'user-0002', '', { a: 0, b: 100_000 }, { percentage: 20, defaultVariation: 'a' }, 'a'],
    ['exp-1', 'user-0006', '', { a: 0, b: 100_000 }, { percentage: 60, defaultVariation: 'a' }, 'a'],
    ['exp-1', 'user-0004', '', { a: 50_000, b: 50_000 }, { percentage: 20, defaultVariation: 'c' }, 'a'],
    ['exp-1', 'user-0018', '', { a: 50_000, b: 50_000 }, { percentage: 20, defaultVariation: 'c' }, 'b'],
  ])(
    'of %s for %s with the seed "%s" is as in Bucketeer',
    (id, user, samplingSeed, shares, audience, expected) => {
      const list = { features: [feature({ id, samplingSeed, defaultStrategy: split(shares, audience) })] }
      expect(decide(list, id, { id: user, data: {} })).toBe(expected)
      expect(bucketeerEvaluate(FeatureList.parse(list), id, { id: user, data: {} })).toBe(expected)
    },
  )
})

const bucketeers = (...[operator, ...values]: [Clause['operator'], ...string[]]): Clause => ({
  ...clause('x', operator, ...values),
  compareAs: 'bucketeer',
})

describe('an imported list', () => {
  it('gives every user the same variation as Bucketeer', () => {
    fc.assert(
      fc.property(featureList, fc.array(user, { minLength: 1, maxLength: 5 }), (list, users) => {
        const parsed = FeatureList.parse(list)
        for (const each of users)
          for (const id of ids) expect(decide(list, id, each)).toBe(bucketeerEvaluate(parsed, id, each))
      }),
      { numRuns: scaled(300) },
    )
  })

  it('keeps Bucketeer’s rule of comparison, and its id of a user', () => {
    const clauses = [
      { id: 'a', attribute: 'age', operator: 'GREATER', values: ['5'] },
      { id: 'b', attribute: 'id', operator: 'BEFORE', values: ['10x'] },
      { id: 'c', attribute: 'id', operator: 'EQUALS', values: ['ada'] },
    ]
    const { flags } = imported({
      features: [feature({ rules: [{ id: 'r', strategy: fixedOn('b'), clauses }] })],
    })
    expect(flags[0]!.rules[0]!.anyOf).toEqual([
      [
        { attribute: 'age', operator: 'greater', values: ['5'], compareAs: 'bucketeer' },
        { attribute: 'targetingKey', operator: 'before', values: ['10x'], compareAs: 'bucketeer' },
        { attribute: 'targetingKey', operator: 'equals', values: ['ada'] },
      ],
    ])
  })

  it('keeps ids, versions, times, seeds and tags', () => {
    const { flags, findings } = imported({
      features: [
        feature({
          samplingSeed: 'seed',
          archived: true,
          maintainer: 'ada@example.com',
          rules: [{ id: 'rule-1', strategy: fixedOn('b'), clauses: [] }],
        }),
      ],
    })
    expect(findings).toEqual([])
    expect(flags).toMatchObject([
      {
        key: 'feature',
        version: 7,
        createdAt: 1_700_000_000_000,
        updatedAt: 1_790_000_000_000,
        seed: 'seed',
        allocation: 'fine',
        archived: true,
        maintainer: 'ada@example.com',
        tags: ['web'],
        rules: [{ id: 'rule-1' }],
      },
    ])
  })

  it('reads enums by number, times as numbers, and absent fields as empty', () => {
    const { flags } = imported({
      features: [
        {
          id: 'sparse',
          variationType: 1,
          createdAt: 5,
          variations: [{ id: 'on', value: 'true' }],
          defaultStrategy: { type: 0, fixedStrategy: { variation: 'on' } },
          rules: [
            {
              id: 'r',
              strategy: { fixedStrategy: { variation: 'on' } },
              clauses: [{ attribute: 'x', operator: 12, values: ['a'] }],
            },
          ],
        },
      ],
    })
    expect(flags).toMatchObject([
      { key: 'sparse', type: 'boolean', createdAt: 5_000, rules: [{ anyOf: [[{ operator: 'contains' }]] }] },
    ])
  })

  it.each([
    ['defaultStrategy', 'left-out', { defaultStrategy: null }],
    ['defaultStrategy', 'left-out', { defaultStrategy: split({ a: 100_000 }, { percentage: 5 }) }],
    ['defaultStrategy', 'differs', { defaultStrategy: split({ a: 40_000 }) }],
    ['deleted', 'left-out', { deleted: true }],
    ['variationValueSchema', 'lost', { variationValueSchema: { type: 'REGEX' } }],
    ['autoOpsSummary', 'lost', { autoOpsSummary: { killSwitchCount: 1 } }],
    ['prerequisites.0', 'left-out', { prerequisites: [{ featureId: 'gone', variationId: 'a' }] }],
    ['prerequisites.0', 'left-out', { prerequisites: [{ featureId: 'feature', variationId: 'a' }] }],
    ['key', 'left-out', { id: 'not a key' }],
    ['variations.0.value', 'left-out', { variationType: 'NUMBER' }],
    ['offVariationId', 'left-out', { offVariation: 'gone' }],
    ['name', 'lost', { name: 'n'.repeat(201) }],
  ])('names what cannot be carried over exactly: %s is %s', (field, effect, changes) => {
    expect(imported({ features: [feature(changes)] }).findings).toContainEqual(
      expect.objectContaining({ field, effect }),
    )
  })

  it('leaves out flags that depend on one that is left out, each with a finding', () => {
    const needs = (featureId: string) => ({ prerequisites: [{ featureId, variationId: 'a' }] })
    const { flags, findings } = imported({
      features: [
        feature({ id: 'broken', variationType: 'NUMBER' }),
        feature({ id: 'first', ...needs('broken') }),
        feature({ id: 'second', ...needs('first') }),
        feature({ id: 'sound' }),
      ],
    })
    expect(flags.map(({ key }) => key)).toEqual(['sound'])
    const leftOut = findings.filter(({ effect }) => effect === 'left-out').map(({ key }) => key)
    expect([...new Set(leftOut)]).toEqual(['broken', 'first', 'second'])
  })

  it('creates an empty segment, with a finding, if the file lacks it and it does not exist', () => {
    const list = FeatureList.parse({
      features: [
        feature({
          rules: [
            {
              id: 'r',
              strategy: fixedOn('b'),
              clauses: [{ operator: 'SEGMENT', values: ['gone', 'there'] }],
            },
          ],
        }),
      ],
    })
    const { segments, findings } = fromFeatureList(list, noYaml, (key) => key === 'there')
    expect(segments.map(({ key }) => key)).toEqual(['gone'])
    expect(findings).toMatchObject([{ subject: 'segment', key: 'gone', effect: 'differs' }])
  })
})

describe('a clause without values', () => {
  const rules = (...operators: string[]) => [
    { id: 'r', strategy: fixedOn('b'), clauses: operators.map((operator) => ({ operator, attribute: 'x' })) },
  ]

  it.each([
    [['EQUALS'], 'a', 'never matches'],
    [['IN'], 'a', 'never matches'],
    [['SEGMENT'], 'a', 'never matches'],
    [['FEATURE_FLAG'], 'a', 'never matches'],
    [['BEFORE'], 'a', 'never matches'],
    [['NOT_EQUALS'], 'b', 'always matches'],
  ])('is imported by its meaning alone: %j gives %s', (operators, expected, reason) => {
    const list = { features: [feature({ rules: rules(...operators) }), feature({ id: 'dependent' })] }
    expect(decide(list, 'feature', { id: 'u', data: { x: '1' } })).toBe(expected)
    expect(bucketeerEvaluate(FeatureList.parse(list), 'feature', { id: 'u', data: { x: '1' } })).toBe(
      expected,
    )
    expect(imported(list).flags).toHaveLength(2)
    expect(imported(list).findings).toEqual([
      {
        subject: 'flag',
        key: 'feature',
        field: 'rules.0.clauses.0',
        effect: 'lost',
        reason: expect.stringContaining(reason) as string,
      },
    ])
  })

  it('costs a segment rule the same', () => {
    const segmentRule = (operator: string) => ({ clauses: [{ operator, attribute: 'x' }] })
    const { segments, findings } = imported({
      features: [],
      segmentUsers: [{ segmentId: 's', rules: [segmentRule('EQUALS'), segmentRule('NOT_EQUALS')] }],
    })
    expect(segments).toMatchObject([
      { key: 's', anyOf: [[{ attribute: 'targetingKey', operator: 'exists' }]] },
    ])
    expect(findings.map(({ field }) => field)).toEqual(['rules.0.clauses.0', 'rules.1.clauses.0'])
  })
})

describe('a flag that cannot be stored', () => {
  const ids = (count: number, length: number) =>
    Array.from({ length: count }, (_, i) => String(i).padStart(length, 'u'))

  it.each([
    ['as a whole', ids(9_000, 110), 'targets', 'larger than 900000 bytes'],
    ['for the number of its targets', ids(10_001, 8), 'targets.0.targetingKeys', '10000'],
  ])('is left out alone, with the reason: %s', (_, users, field, reason) => {
    const { flags, findings } = imported({
      features: [feature({ targets: [{ variation: 'a', users }] }), feature({ id: 'sound' })],
    })
    expect(flags.map(({ key }) => key)).toEqual(['sound'])
    expect(findings).toEqual([
      {
        subject: 'flag',
        key: 'feature',
        field,
        effect: 'left-out',
        reason: expect.stringContaining(reason) as string,
      },
    ])
  })
})

describe('local mode', () => {
  const half = rollout({ a: 50_000, b: 50_000 })
  const anyOf = (...operators: readonly ('equals' | 'exists' | 'contains')[]) =>
    operators.map((operator) => [clause('x', operator, 'a')])

  it('imported into an empty environment gives every user the same variation', () => {
    const ours = [
      flag({ key: 'plain' }),
      flag({ key: 'off', enabled: false }),
      flag({ key: 'silent', enabled: false, offVariationId: undefined }),
      flag({
        key: 'split',
        allocation: 'fine',
        seed: 'seed',
        targets: [{ variationId: 'c', targetingKeys: ['ada'] }],
        rules: [
          rule([], { id: 'r1', anyOf: anyOf('equals', 'contains') }),
          rule([clause('', 'in-segment', 's')], { id: 'r2', strategy: fixed('c') }),
        ],
        defaultStrategy: { id: 'd', strategy: rollout({ a: 12_345, b: 50_000, c: 37_655 }) },
      }),
      flag({
        key: 'dependent',
        prerequisites: [{ flagKey: 'split', variationId: 'b' }],
        rules: [rule([{ ...clause('plain', 'flag-is', 'a') }], { id: 'r3' })],
      }),
    ]
    const before = snapshotOf(ours, [segment({ key: 's', included: ['bob', 'eve'] })])
    const { list, omitted } = localMode(before)
    expect(omitted).toEqual([])
    const { flags, segments, findings } = imported(JSON.parse(JSON.stringify(list)))
    expect(findings).toEqual([])
    const [there, here] = [compile(before), compile(snapshotOf(flags, segments))]
    const visitor = fc.record({
      targetingKey: fc.oneof(fc.constantFrom('ada', 'bob', 'eve'), fc.uuid()),
      attributes: fc.dictionary(fc.constant('x'), word),
    })
    fc.assert(
      fc.property(visitor, (who) => {
        for (const { key } of ours)
          expect(evaluate(here, key, who).variation?.id).toBe(evaluate(there, key, who).variation?.id)
      }),
      { numRuns: scaled(500) },
    )
  })

  it.each([
    ['percent allocation', { defaultStrategy: { id: 'd', strategy: rollout({ a: 50_000, b: 50_000 }) } }],
    [
      'fail for the rest',
      { allocation: 'fine' as const, defaultStrategy: { id: 'd', strategy: rollout({ a: 50_000 }) } },
    ],
    [
      'audience',
      {
        allocation: 'fine' as const,
        defaultStrategy: {
          id: 'd',
          strategy: rollout({ a: 100_000 }, { percentage: 50, defaultVariationId: 'b' }),
        },
      },
    ],
    ['exists is not known', { rules: [rule([clause('x', 'exists')])] }],
    ['regard case', { rules: [rule([{ ...clause('x', 'equals', 'a'), ignoreCase: true }])] }],
    ['does not exist', { rules: [rule([clause('', 'in-segment', 'gone')])] }],
    ['uploaded members', { rules: [rule([clause('', 'in-segment', 'large')])] }],
    ['whose rules', { rules: [rule([clause('', 'in-segment', 'ruled')])] }],
    ['off variation', { offVariationId: undefined, prerequisites: [{ flagKey: 'other', variationId: 'a' }] }],
    [
      'beyond ASCII',
      { allocation: 'fine' as const, seed: 'é', defaultStrategy: { id: 'd', strategy: half } },
    ],
    ['"1e3" is read otherwise', { rules: [rule([bucketeers('greater', '5', '1e3')])] }],
    ['"5.5" is read otherwise', { rules: [rule([bucketeers('after', '5.5')])] }],
    ['write compareAs bucketeer', { rules: [rule([clause('x', 'greater', '5', '1e3')])] }],
    ['write compareAs bucketeer', { rules: [rule([clause('x', 'greater', '9.0.0')])] }],
    ['write compareAs bucketeer', { rules: [rule([clause('x', 'greater', 'abc')])] }],
    ['write compareAs bucketeer', { rules: [rule([clause('x', 'after', '1795910400')])] }],
    [
      'write compareAs bucketeer',
      { rules: [rule([{ ...clause('x', 'greater', '5'), compareAs: 'number' as const }])] },
    ],
    ['negated contains', { rules: [rule([{ ...clause('x', 'contains', 'a'), negated: true }])] }],
    ['negated greater', { rules: [rule([{ ...bucketeers('greater', '5'), negated: true }])] }],
    ['not-in-segment is not known', { rules: [rule([clause('', 'not-in-segment', 'large')])] }],
    ['known at the edge', { rules: [rule([clause('cf.country', 'equals', 'JP')])] }],
    ['" 1.2.3" is read otherwise', { rules: [rule([clause('x', 'equals', ' 1.2.3')])] }],
    ['one level', { prerequisites: [{ flagKey: 'chained', variationId: 'a' }] }],
  ])('leaves out flags that its SDKs would evaluate differently, with the reason: %s', (reason, changes) => {
    const flags = [
      flag({ key: 'tested', ...changes }),
      flag({ key: 'other' }),
      flag({ key: 'chained', prerequisites: [{ flagKey: 'other', variationId: 'a' }] }),
    ]
    const { list, omitted } = localMode(
      snapshotOf(flags, [
        segment({ key: 'ruled', anyOf: [[clause('x', 'equals', 'a')]] }),
        segment({ key: 'large', members: { count: 1, sha256: '0'.repeat(64), list: '1' } }),
      ]),
    )
    expect(omitted).toEqual([{ flagKey: 'tested', reason: expect.stringContaining(reason) as string }])
    expect(list.features.map(({ id }) => id)).toEqual(['chained', 'other'])
  })
})
