import { describe, expect, it } from 'vitest'
import { clause, fixed, flag, rollout, rule, segment } from '../../test/support/build/flags.ts'
import { parsed } from '../change/entity.ts'
import { emptyState, withWrites } from './environment-state.ts'
import { Flag } from './flag.ts'
import { referenceProblems } from '../change/references.ts'

const broken: readonly (readonly [rule: string, path: string, changes: Parameters<typeof flag>[0]])[] = [
  ['too-small', 'variations', { variations: [] }],
  ['duplicate', 'variations.1.id', { variations: [variation('a', '1'), variation('a', '2')] }],
  ['value-of-type', 'variations.1.value', { type: 'boolean', ...withValues('true', 'True') }],
  ['value-of-type', 'variations.0.value', { type: 'number', ...withValues('1,5') }],
  ['value-of-type', 'variations.0.value', { type: 'json', ...withValues('{') }],
  [
    'value-depth',
    'variations.0.value',
    { type: 'json', ...withValues('['.repeat(2_000) + ']'.repeat(2_000)) },
  ],
  ['bundle-is-object', 'variations.0.value', { type: 'json', bundle: true, ...withValues('[]') }],
  ['unknown-variation', 'offVariationId', { offVariationId: 'z' }],
  ['unknown-variation', 'targets.0.variationId', { targets: [{ variationId: 'z', targetingKeys: ['ada'] }] }],
  [
    'unknown-variation',
    'rules.0.strategy.variationId',
    { rules: [rule([anyClause()], { strategy: fixed('z') })] },
  ],
  ['unknown-variation', 'defaultStrategy.strategy.variationId', withStrategy(fixed('z'))],
  ['unknown-variation', 'defaultStrategy.strategy.shares.0.variationId', withStrategy(rollout({ z: 1_000 }))],
  [
    'unknown-variation',
    'defaultStrategy.strategy.audience.defaultVariationId',
    withStrategy(rollout({ a: 1_000 }, { percentage: 5, defaultVariationId: 'z' })),
  ],
  ['whole-percents', 'defaultStrategy.strategy.shares.0.weight', withStrategy(rollout({ a: 1_500 }))],
  ['weights-sum', 'defaultStrategy.strategy.shares', withStrategy(rollout({ a: 60_000, b: 41_000 }))],
  ['too-small', 'defaultStrategy.strategy.shares.0.weight', withStrategy(rollout({ a: -1_000 }))],
  ['duplicate', 'rules.1.id', { rules: [rule([anyClause()]), rule([anyClause()])] }],
  ['duplicate', 'tags.1', { tags: ['web', 'web'] }],
  ['too-small', 'rules.0.anyOf', { rules: [rule([], { anyOf: [] })] }],
  ['too-small', 'rules.0.anyOf.0', { rules: [rule([])] }],
  ['clause-attribute', 'rules.0.anyOf.0.0.attribute', withClause(clause('', 'equals', 'x'))],
  ['clause-values', 'rules.0.anyOf.0.0.values', withClause(clause('x', 'equals'))],
  [
    'clause-case',
    'rules.0.anyOf.0.0.ignoreCase',
    withClause({ ...clause('x', 'less', '1'), ignoreCase: true }),
  ],
  ['clause-pattern', 'rules.0.anyOf.0.0.values.0', withClause(clause('x', 'matches', '('))],
]

describe('a flag that breaks a rule', () => {
  it.each(broken)('%s is reported at %s', (name, path, changes) => {
    const found = parsed('flag', flag(changes))
    const fields = found.ok ? [] : found.problem.fields
    expect(fields).toContainEqual({ rule: name, path, message: expect.any(String) as string })
  })

  it('is reported with all broken rules at once', () => {
    const found = parsed(
      'flag',
      flag({ offVariationId: 'z', tags: ['web', 'web'], ...withStrategy(fixed('y')) }),
    )
    expect(found.ok ? [] : found.problem.fields?.map(({ path }) => path)).toEqual([
      'tags.1',
      'offVariationId',
      'defaultStrategy.strategy.variationId',
    ])
  })

  const other = flag({ key: 'other', prerequisites: [{ flagKey: 'flag', variationId: 'a' }] })
  const state = withWrites(emptyState(), [
    { kind: 'flag', id: 'flag', value: flag() },
    { kind: 'flag', id: 'other', value: other },
    { kind: 'flag', id: 'free', value: flag({ key: 'free', slug: 'front' }) },
    { kind: 'segment', id: 'friends', value: segment({ key: 'friends' }) },
  ])
  it.each([
    ['unknown-flag', 'prerequisites.0', { prerequisites: [{ flagKey: 'gone', variationId: 'a' }] }],
    ['unknown-variation', 'rules.0.anyOf.0.0', withClause(clause('free', 'flag-is', 'z'))],
    ['cycle', 'prerequisites.0', { prerequisites: [{ flagKey: 'other', variationId: 'a' }] }],
    ['cycle', 'prerequisites.0', { prerequisites: [{ flagKey: 'flag', variationId: 'a' }] }],
    ['taken', 'defaultStrategy.id', { defaultStrategy: { id: 'other-default', strategy: fixed('a') } }],
    ['taken', 'slug', { slug: 'front' }],
    ['taken', 'slug', { slug: 'other' }],
    [
      'taken',
      'key',
      { key: 'front', prerequisites: [], defaultStrategy: { id: 'own', strategy: fixed('a') } },
    ],
    ['unknown-segment', 'rules.0.anyOf.0.0', withClause(clause('', 'in-segment', 'friends', 'strangers'))],
  ] as const)('%s is reported at %s, given the rest of the environment', (name, path, changes) => {
    const found = referenceProblems(state, Flag.parse(flag(changes as Parameters<typeof flag>[0])))
    expect(found).toEqual([{ rule: name, path, message: expect.any(String) as string }])
  })
})

function variation(id: string, value: string) {
  return { id, name: '', description: '', value }
}

/** Variations with these values, without references to others. */
function withValues(...values: string[]): Parameters<typeof flag>[0] {
  return { variations: values.map((value, i) => variation('abc'[i]!, value)), offVariationId: 'a' }
}

function anyClause() {
  return clause('x', 'equals', 'y')
}

function withClause(given: ReturnType<typeof clause>): Parameters<typeof flag>[0] {
  return { rules: [rule([given])] }
}

function withStrategy(given: ReturnType<typeof fixed>): Parameters<typeof flag>[0] {
  return { defaultStrategy: { id: 'flag-default', strategy: given } }
}
