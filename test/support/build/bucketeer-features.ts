// Bucketeer's features for tests of imports and of local mode: one with defaults, and random ones.
import fc from './fast-check.ts'
import { clauseOperators } from '../../../workers/protocols/bucketeer/feature.ts'
import type { User } from './bucketeer-evaluator.ts'

export const fixedOn = (variation: string) => ({
  type: 'FIXED',
  fixedStrategy: { variation },
  rolloutStrategy: null,
})
export const split = (shares: Record<string, number>, audience: object | null = null) => ({
  type: 'ROLLOUT',
  fixedStrategy: null,
  rolloutStrategy: {
    variations: Object.entries(shares).map(([variation, weight]) => ({ variation, weight })),
    audience,
  },
})
export const feature = (changes: object = {}) => ({
  id: 'feature',
  name: 'Feature',
  version: 7,
  createdAt: '1700000000',
  updatedAt: '1790000000',
  enabled: true,
  variationType: 'STRING',
  variations: ['a', 'b', 'c', 'd'].map((id) => ({ id, value: `value ${id}`, name: id, description: '' })),
  offVariation: 'c',
  defaultStrategy: fixedOn('a'),
  tags: ['web'],
  samplingSeed: '',
  ...changes,
})

export const ids = ['f0', 'f1', 'f2', 'f3']
const variation = fc.constantFrom('a', 'b', 'c')
export const word = fc.constantFrom(
  '',
  'a',
  'ab',
  'b',
  '5',
  '10',
  '-1',
  '1.2.3',
  'v1.2.3',
  '1.10.0',
  'é',
  '1700000000',
)
const strategy = fc.oneof(
  variation.map(fixedOn),
  fc
    .record({
      cut: fc.integer({ min: 0, max: 100_000 }),
      percentage: fc.integer({ min: 0, max: 100 }),
      outside: variation,
      hasAudience: fc.boolean(),
    })
    .map(({ cut, percentage, outside, hasAudience }) =>
      split({ a: cut, b: 100_000 - cut }, hasAudience ? { percentage, defaultVariation: outside } : null),
    ),
)
const clauseOn = (dependencies: readonly string[]) =>
  fc
    .record({
      attribute: fc.constantFrom('x', 'y', 'id', '__proto__', 'constructor'),
      operator: fc.constantFrom(...clauseOperators),
      values: fc.array(word, { maxLength: 3 }),
      variations: fc.subarray(['a', 'b', 'c']),
      segments: fc.subarray(['s0', 's1']),
      dependency: fc.nat(),
    })
    .map(({ attribute, operator, values, variations, segments, dependency }) => {
      if (operator === 'SEGMENT') return { id: 'c', attribute: '', operator, values: segments }
      if (operator !== 'FEATURE_FLAG') return { id: 'c', attribute, operator, values }
      if (dependencies.length === 0) return { id: 'c', attribute, operator: 'EQUALS', values }
      const on = dependencies[dependency % dependencies.length]
      return { id: 'c', attribute: on, operator, values: variations }
    })
const featureOf = (id: string, at: number) =>
  fc
    .record({
      enabled: fc.boolean(),
      samplingSeed: fc.constantFrom('', 'seed'),
      targets: fc.array(fc.record({ variation, users: fc.array(word, { maxLength: 2 }) }), { maxLength: 2 }),
      rules: fc.array(
        fc.record({ clauses: fc.array(clauseOn(ids.slice(0, at)), { maxLength: 3 }), strategy }),
        { maxLength: 3 },
      ),
      prerequisites: fc.array(
        fc.record({ featureId: fc.constantFrom(...ids.slice(0, at), id), variationId: variation }),
        { maxLength: 1 },
      ),
      defaultStrategy: strategy,
      tags: fc.subarray(['web', 'app']),
    })
    .map(({ rules, prerequisites, ...rest }) =>
      feature({
        id,
        ...rest,
        prerequisites: prerequisites.filter(({ featureId }) => featureId !== id),
        rules: rules.map((each, i) => ({ ...each, id: `${id}-${i}` })),
      }),
    )
export const featureList = fc.record({
  features: fc.tuple(...ids.map(featureOf)),
  segmentUsers: fc.tuple(
    ...['s0', 's1'].map((segmentId) =>
      fc.record({
        segmentId: fc.constant(segmentId),
        rules: fc.array(fc.record({ clauses: fc.array(clauseOn(['f0']), { maxLength: 2 }) }), {
          maxLength: 2,
        }),
        users: fc.array(
          word.map((userId) => ({ userId: userId || 'nobody', state: 'INCLUDED' })),
          {
            maxLength: 3,
          },
        ),
      }),
    ),
  ),
})
export const user: fc.Arbitrary<User> = fc.record({
  id: fc.oneof(word, fc.uuid()).map((id) => id || 'someone'),
  data: fc.dictionary(fc.constantFrom('x', 'y'), word),
})
