// Random environments and contexts for property tests. Operators, flag types, allocations and kinds of
// strategy come from the model, so that a new one is generated as soon as it exists.
import fc from './fast-check.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import { type Clause, textOperators } from '../../../core/model/clause.ts'
import { orderedOperators, comparisons, type Operator, operators } from '../../../core/model/vocabulary.ts'
import {
  Allocation,
  type Flag,
  type FlagType,
  type Strategy,
  type Variation,
} from '../../../core/model/flag.ts'
import { type Segment, outsideOperators } from '../../../core/model/segment.ts'
import { flagTypes } from '../../../core/model/value.ts'
import { flag, rollout, segment } from './flags.ts'

export const flagKeys = ['f0', 'f1', 'f2', 'f3']
export const segmentKeys = ['s0', 's1', 's2']
const variationIds = ['a', 'b', 'c']

/** The operators that test an attribute. */
export const attributeOperators = operators.filter((operator) => !outsideOperators.has(operator))
const segmentOperators = operators.filter((operator) => operator !== 'flag-is')

const words = [
  '',
  'a',
  'A',
  'ab',
  'abc',
  'b',
  'true',
  '5',
  '10',
  '-1',
  '1.2.3',
  'v1.2.3',
  '1.10.0',
  '14',
  '18.4',
  'V9.1',
  '10.2.3.4512',
  'é',
  '\uffee',
  '😀',
]
const word = fc.constantFrom(...words)
const numberText = fc.constantFrom('5', '10', '-1', '14', '18.4')
const versionText = fc.constantFrom('1.2.3', 'v1.2.3', '1.10.0', '14', '18.4', 'V9.1', '10.2.3.4512')
const semverText = fc.constantFrom('1.2.3', 'v1.2.3', '1.10.0')
const time = fc.constantFrom(
  '0',
  '-1',
  '5',
  '1795910400',
  '1795910400001',
  '2026-11-29',
  '2026-11-29T12:00:00Z',
)
/** Values that each comparison accepts. */
const compared = { number: numberText, version: versionText, semver: semverText, text: word, bucketeer: word }
const pattern = fc.constantFrom('', '^a', 'b$', '^\\d+$', '[A-Z]', 'é|5')
const variationId = fc.constantFrom(...variationIds)
export const attributeName = fc.constantFrom(
  'x',
  'y',
  'x.y',
  'x.y.z',
  'id',
  'targetingKey',
  'constructor',
  '__proto__',
)

/** Clauses with one operator. Values that need a form of their own are given here; others are words. */
export function clauseWith(operator: Operator): fc.Arbitrary<Clause> {
  return fc.oneof(
    { weight: 3, arbitrary: plainClauseWith(operator) },
    { weight: 1, arbitrary: plainClauseWith(operator).map((clause) => ({ ...clause, negated: true })) },
  )
}

function plainClauseWith(operator: Operator): fc.Arbitrary<Clause> {
  const of = (attribute: fc.Arbitrary<string>, values: fc.Arbitrary<string[]>) =>
    fc.record({ attribute, operator: fc.constant(operator), values })
  switch (operator) {
    case 'in-segment':
    case 'not-in-segment':
      return of(fc.constant(''), fc.subarray([...segmentKeys, 'unknown'], { minLength: 1 }))
    case 'flag-is':
      return of(fc.constantFrom(...flagKeys), fc.subarray(variationIds, { minLength: 1 }))
    case 'matches':
      return foldedOrNot(of(attributeName, some(pattern)))
    case 'before':
    case 'after': {
      const inOwnOrder = of(attributeName, some(time))
      return fc.oneof(inOwnOrder, of(attributeName, some(word)).map(asBucketeer))
    }
    default: {
      const clause = of(attributeName, some(word))
      if (orderedOperators.has(operator))
        return fc.oneof(
          clause,
          ...comparisons.map((compareAs) =>
            of(attributeName, some(compared[compareAs])).map((each) => ({ ...each, compareAs })),
          ),
        )
      if (!textOperators.has(operator)) return clause
      return foldedOrNot(clause)
    }
  }
}

const some = (value: fc.Arbitrary<string>) => fc.array(value, { minLength: 1, maxLength: 3 })
const asBucketeer = (clause: Clause): Clause => ({ ...clause, compareAs: 'bucketeer' })
const foldedOrNot = (clause: fc.Arbitrary<Clause>) =>
  fc.oneof(
    clause,
    clause.map((each) => ({ ...each, ignoreCase: true })),
  )

const groupsOf = (allowed: readonly Operator[]) =>
  fc.array(fc.array(fc.oneof(...allowed.map(clauseWith)), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 2,
  })

const weights = fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)).map(([x, y, z]) => {
  const [first, second] = [x, y].toSorted((a, b) => a - b) as [number, number]
  return { a: first * 1_000, b: (second - first) * 1_000, c: Math.min(z, 100 - second) * 1_000 }
})
const audience = fc.option(fc.record({ percentage: fc.nat(100), defaultVariationId: variationId }), {
  nil: undefined,
})
const strategies = {
  fixed: variationId.map((id): Strategy => ({ kind: 'fixed', variationId: id })),
  rollout: fc.tuple(weights, audience).map(([shares, limit]) => rollout(shares, limit)),
} satisfies Record<Strategy['kind'], fc.Arbitrary<Strategy>>
const strategy: fc.Arbitrary<Strategy> = fc.oneof(...Object.values(strategies))

/** Mostly the targeting key. */
const bucketBy = fc.option(attributeName, { nil: undefined, freq: 1 })

/** The values of the variations a, b and c. */
const values = {
  boolean: ['true', 'false', 'true'].map((value) => ({ value })),
  string: ['', 'text', 'true'].map((value) => ({ value })),
  number: ['0', '-1.5', '1e3'].map((value) => ({ value })),
  json: ['{"a":[1]}', '[]', '"text"'].map((value) => ({ value })),
  yaml: [
    { value: 'a: 1', json: '{"a":1}' },
    { value: '- 1', json: '[1]' },
    { value: 'text', json: '"text"' },
  ],
} satisfies Record<FlagType, readonly Pick<Variation, 'value' | 'json'>[]>

const variationsOf = (type: FlagType): Variation[] =>
  values[type].map((value, i) => ({ id: variationIds[i]!, name: '', description: '', ...value }))

const flagWith = (key: string): fc.Arbitrary<Flag> =>
  fc
    .record({
      type: fc.constantFrom(...flagTypes),
      enabled: fc.boolean(),
      archived: fc.boolean(),
      allocation: fc.constantFrom(...Allocation.options),
      seed: fc.constantFrom('', 'seed'),
      bucketBy,
      tags: fc.subarray(['web', 'app']),
      offVariationId: variationId,
      prerequisites: fc.array(fc.record({ flagKey: fc.constantFrom(...flagKeys), variationId }), {
        maxLength: 1,
      }),
      targets: fc.array(fc.record({ variationId, targetingKeys: fc.array(word, { maxLength: 2 }) }), {
        maxLength: 2,
      }),
      rules: fc.array(fc.record({ anyOf: groupsOf(operators), strategy, bucketBy }), { maxLength: 3 }),
      defaultStrategy: strategy,
    })
    .map(({ type, rules, defaultStrategy, ...rest }) =>
      flag({
        key,
        ...rest,
        type,
        variations: variationsOf(type),
        rules: rules.map((rule, i) => ({ ...rule, id: `${key}-${i}`, name: '' })),
        defaultStrategy: { id: `${key}-d`, strategy: defaultStrategy },
      }),
    )

const segmentWith = (key: string): fc.Arbitrary<Segment> =>
  fc
    .record({ included: fc.array(word, { maxLength: 3 }), anyOf: groupsOf(segmentOperators) })
    .map((changes) => segment({ key, ...changes }))

/** Flags and segments that refer to each other, also in cycles. */
export const environment = fc.record({
  flags: fc.tuple(...flagKeys.map(flagWith)),
  segments: fc.tuple(...segmentKeys.map(segmentWith)),
})

const attribute = fc.oneof(
  word,
  time,
  fc.constantFrom(4, 5, 6, 18.3, 18.4, 1_795_910_400, 1_795_910_400_002),
  fc.boolean(),
  fc.array(fc.oneof(word, fc.constantFrom(5, 18.4)), { maxLength: 2 }),
  fc.record({ y: fc.oneof(word, fc.constant(5), fc.record({ z: word })) }),
  fc.constant(null),
)
export const context: fc.Arbitrary<EvaluationContext> = fc.record({
  targetingKey: fc.option(fc.oneof(word, fc.string({ unit: 'binary' })), { nil: undefined }),
  attributes: fc.dictionary(attributeName, attribute, { noNullPrototype: true }),
})
