// Random environments and contexts for property tests. Operators, flag types, allocations and kinds of
// strategy come from the model, so that a new one is generated as soon as it exists.
import fc from 'fast-check'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import { type Clause, textOperators } from '../../../core/model/clause.ts'
import { type Operator, operators } from '../../../core/model/vocabulary.ts'
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
export const segmentKeys = ['s0', 's1']
const variationIds = ['a', 'b', 'c']

/** The operators that test an attribute: all that a segment may use. */
export const attributeOperators = operators.filter((operator) => !outsideOperators.has(operator))

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
  'é',
  '\uffee',
  '😀',
]
const word = fc.constantFrom(...words)
const pattern = fc.constantFrom('', '^a', 'b$', '^\\d+$', '[A-Z]', 'é|5')
const variationId = fc.constantFrom(...variationIds)
export const attributeName = fc.constantFrom('x', 'y', 'id', 'constructor', '__proto__')

/** Clauses with one operator. Values that need a form of their own are given here; others are words. */
export function clauseWith(operator: Operator): fc.Arbitrary<Clause> {
  const of = (attribute: fc.Arbitrary<string>, values: fc.Arbitrary<string[]>) =>
    fc.record({ attribute, operator: fc.constant(operator), values })
  switch (operator) {
    case 'in-segment':
      return of(fc.constant(''), fc.subarray([...segmentKeys, 'unknown'], { minLength: 1 }))
    case 'flag-is':
      return of(fc.constantFrom(...flagKeys), fc.subarray(variationIds, { minLength: 1 }))
    case 'matches':
      return of(attributeName, fc.array(pattern, { minLength: 1, maxLength: 3 }))
    default: {
      const clause = of(attributeName, fc.array(word, { minLength: 1, maxLength: 3 }))
      if (!textOperators.has(operator)) return clause
      return fc.oneof(
        clause,
        clause.map((each) => ({ ...each, ignoreCase: true })),
      )
    }
  }
}

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
      tags: fc.subarray(['web', 'app']),
      offVariationId: variationId,
      prerequisites: fc.array(fc.record({ flagKey: fc.constantFrom(...flagKeys), variationId }), {
        maxLength: 1,
      }),
      targets: fc.array(fc.record({ variationId, targetingKeys: fc.array(word, { maxLength: 2 }) }), {
        maxLength: 2,
      }),
      rules: fc.array(fc.record({ anyOf: groupsOf(operators), strategy }), { maxLength: 3 }),
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
    .record({ included: fc.array(word, { maxLength: 3 }), anyOf: groupsOf(attributeOperators) })
    .map((changes) => segment({ key, ...changes }))

/** Flags that refer to each other, also in cycles, and to segments. */
export const environment = fc.record({
  flags: fc.tuple(...flagKeys.map(flagWith)),
  segments: fc.tuple(...segmentKeys.map(segmentWith)),
})

const attribute = fc.oneof(
  word,
  fc.integer({ min: 4, max: 6 }),
  fc.boolean(),
  fc.array(word, { maxLength: 2 }),
  fc.constant(null),
)
export const context: fc.Arbitrary<EvaluationContext> = fc.record({
  targetingKey: fc.option(fc.oneof(word, fc.string({ unit: 'binary' })), { nil: undefined }),
  attributes: fc.dictionary(attributeName, attribute, { noNullPrototype: true }),
})
