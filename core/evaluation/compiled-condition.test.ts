import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { attributeOperators } from '../../test/support/build/arbitraries.ts'
import { clause, compiled, flag, rule, segment, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { type Clause, textOperators } from '../model/clause.ts'
import { orderedOperators, comparisons } from '../model/vocabulary.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import { compileClause, makeCompileScope } from './compiled-condition.ts'

const word = fc.integer({ min: 0, max: 400 }).map((n) => `word ${n}`)
/** Short, long, dense and sparse lists. The first ones number the words for all later ones. */
const lists = fc.array(
  fc.oneof(
    fc.uniqueArray(word, { minLength: 1, maxLength: 5 }),
    fc.uniqueArray(word, { minLength: 30, maxLength: 200 }),
    fc.tuple(word, word).map(([first, second]) => [first, second, first]),
  ),
  { minLength: 1, maxLength: 8 },
)
it('matches exactly the texts of a list, however far apart their operand indexes are', () => {
  const words = Array.from({ length: 700 }, (_, i) => `w${i}`)
  const picked = (...indexes: number[]) => indexes.map((index) => words[index]!)
  const given = [
    words, // numbers the words for all others
    picked(699, 0, 350),
    picked(0, 699, 1, 350, 349, 351, 2),
    picked(100, 131),
    picked(100, 132),
    words.slice(40, 110),
    words.filter((_, i) => i % 3 === 0),
    picked(5),
  ]
  const subject = compiled(
    given.map((values, i) =>
      flag({ key: `flag-${i}`, rules: [rule([clause('w', 'in', ...values)], { id: `rule-${i}` })] }),
    ),
  )
  for (const w of [...words, 'other', ''])
    expect(evaluateAll(subject, someone('ada', { w })).map(({ variation }) => variation?.id === 'b')).toEqual(
      given.map((values) => values.includes(w)),
    )
})

const operator = fc.constantFrom('in', 'equals', 'not-equals')

it('matches exactly the texts of a list, whatever its length and however many flags use it', () => {
  fc.assert(
    fc.property(lists, operator, fc.array(word, { maxLength: 20 }), (given, chosen, attributes) => {
      const subject = compiled(
        given.map((values, i) =>
          flag({ key: `flag-${i}`, rules: [rule([clause('w', chosen, ...values)], { id: `rule-${i}` })] }),
        ),
      )
      for (const w of attributes) {
        const variations = evaluateAll(subject, someone('ada', { w })).map(({ variation }) => variation?.id)
        expect(variations).toEqual(
          given.map((values) => (values.includes(w) === (chosen !== 'not-equals') ? 'b' : 'a')),
        )
      }
    }),
    { numRuns: scaled(300) },
  )
})

/** Whether each clause holds for an attribute `x`: first each in its own environment, then all in one. */
function evaluateBoth(clauses: readonly Clause[], x: unknown): [boolean[], boolean[]] {
  const flags = clauses.map((each, i) =>
    flag({ key: `flag-${i}`, rules: [rule([each], { id: `rule-${i}` })] }),
  )
  const isB = ({ variation }: Evaluation) => variation?.id === 'b'
  return [
    flags.map((each) => isB(evaluate(compiled([each]), each.key, someone('ada', { x })))),
    evaluateAll(compiled(flags), someone('ada', { x })).map(isB),
  ]
}

it.each([
  ['different texts of one number', [clause('x', 'greater', '18'), clause('x', 'greater', '18.0')], '18-x'],
  ['different texts of one version', [clause('x', 'less', '1.2.3'), clause('x', 'less', 'v1.2.3')], 'a'],
  [
    'a text with a line break and two texts',
    [clause('x', 'contains', 'a\nb'), clause('x', 'contains', 'a', 'b')],
    'a',
  ],
  ['an operator and its negation', [clause('x', 'equals', 'a'), clause('x', 'not-equals', 'a')], 'a'],
  [
    'clauses that compare otherwise',
    [clause('x', 'greater', '10.9'), { ...clause('x', 'greater', '10.9'), compareAs: 'number' }],
    '10.10',
  ],
  [
    'a clause and its negation',
    [clause('x', 'contains', 'a'), { ...clause('x', 'contains', 'a'), negated: true }],
    'a',
  ],
  ['an order comparison and its reverse', [clause('x', 'less', '5'), clause('x', 'greater', '5')], 4],
  [
    'clauses that respect and ignore case',
    [clause('x', 'equals', 'A'), { ...clause('x', 'equals', 'A'), ignoreCase: true }],
    'a',
  ],
] as const)('does not confuse %s', (_, clauses, x) => {
  const [alone, together] = evaluateBoth(clauses, x)
  expect(together).toEqual(alone)
  expect(new Set(alone).size).toBe(2)
})

it.each([
  ['a number against several values, one of which matches', clause('x', 'greater', '5', '3'), 4, true],
  ['a number against several values, none of which matches', clause('x', 'greater', '5', '4'), 4, false],
  ['a number against a version', clause('x', 'less', '1.2.3'), 5, false],
  ['a number as text against a version', clause('x', 'greater', '1.2.3'), '5', false],
  ['a version against a number', clause('x', 'greater', '5'), '6.0.0', false],
  ['a prerelease against its version', clause('x', 'less', '1.2.3'), '1.2.3-rc.1', true],
  ['a version too large to pack against a version', clause('x', 'greater', '1.2.3'), '131072.0.0', true],
  ['a version against one too large to pack', clause('x', 'less', '131072.0.0'), '1.2.3', true],
  ['a number against NaN', clause('x', 'less-or-equal', 'NaN'), 5, false],
  ['a word against a number', clause('x', 'greater', '5'), 'six', true],
] as const)('as bucketeer compares %s', (_, given, x, holds) => {
  expect(evaluateBoth([{ ...given, compareAs: 'bucketeer' }], x)).toEqual([[holds], [holds]])
})

it.each([
  ['a number as text against a version', clause('x', 'greater', '1.2.3'), '5', true],
  ['a version against a number', clause('x', 'greater', '5'), '6.0.0', true],
  ['a number against several values, one of which matches', clause('x', 'greater', '5', '3'), 4, true],
  ['a version too large to pack against a version', clause('x', 'greater', '1.2.3'), '131072.0', true],
  ['a version against one too large to pack', clause('x', 'less', '131072.0.0'), '1.2.3', true],
  ['a version of four parts against one of one', clause('x', 'greater', '10'), '10.0.0.1', true],
  ['an integer beyond 2^53', clause('x', 'less', '9007199254740993'), '9007199254740992', true],
  ['a number against an integer beyond 2^53', clause('x', 'less', '9007199254740993'), 2 ** 53, true],
  ['a missing attribute', clause('x', 'less', '5'), null, false],
] as const)('compares %s', (_, given, x, holds) => {
  expect(evaluateBoth([given], x)).toEqual([[holds], [holds]])
})

const anyClause = fc
  .record({
    operator: fc.constantFrom(...attributeOperators),
    values: fc.uniqueArray(
      fc.constantFrom('', '1', '1.0', '01', '1.0.0', 'v1.0.0', '1.0.0+b', 'a', 'A', 'a\nb', 'b'),
      { minLength: 1, maxLength: 3 },
    ),
    ignoreCase: fc.boolean(),
    negated: fc.boolean(),
    compareAs: fc.constantFrom(undefined, ...comparisons),
  })
  .map(({ operator, values, ignoreCase, negated, compareAs }) => ({
    ...clause('x', operator, ...values),
    ...(ignoreCase && textOperators.has(operator) && { ignoreCase }),
    ...(negated && { negated }),
    ...(compareAs && orderedOperators.has(operator) && { compareAs }),
  }))

it('gives each clause the same result among others as alone', () => {
  const anyX = fc.constantFrom('', '1', '1.', '1-x', 'a', 'A', 'b', '1.0.0', '1.0.1', 1, 2, true, null, [
    'a',
    '1',
  ])
  fc.assert(
    fc.property(fc.array(anyClause, { minLength: 1, maxLength: 6 }), anyX, (clauses, x) => {
      const [alone, together] = evaluateBoth(clauses, x)
      expect(together).toEqual(alone)
    }),
    { numRuns: scaled(2_000) },
  )
})

it('is shared by equal clauses, in any flag and order of values', () => {
  const scope = makeCompileScope(new Map())
  const condition = (...given: Parameters<typeof clause>) => compileClause(clause(...given), scope)
  expect(condition('x', 'in', 'a', 'b')).toBe(condition('x', 'equals', 'b', 'a'))
  expect(condition('x', 'less', '5')).toBe(condition('x', 'less', '5'))
  expect(condition('x', 'contains', 'a')).toBe(condition('x', 'contains', 'a'))
  expect(condition('x', 'in', 'a')).not.toBe(condition('y', 'in', 'a'))
  expect(condition('x', 'less', '5')).not.toBe(condition('x', 'less-or-equal', '5'))
})

it('reads an attribute at most once per request', () => {
  const read: string[] = []
  const attributes = new Proxy({ x: 'a', n: 5, v: '1.2.3' } as Record<string, unknown>, {
    get: (from, name) => {
      read.push(String(name))
      return from[String(name)]
    },
  })
  const clauses = ['x', 'n', 'v'].flatMap((name) => [
    clause(name, 'in', 'q', 'r'),
    clause(name, 'greater', '7.5.0'),
    clause(name, 'greater', '6'),
    clause(name, 'contains', 'zz'),
  ])
  const subject = compiled(
    clauses.map((each, i) => flag({ key: `flag-${i}`, rules: [rule([each], { id: `rule-${i}` })] })),
  )
  for (let request = 0; request < 2; request++) {
    evaluateAll(subject, { targetingKey: 'ada', attributes })
    expect(read.splice(0).toSorted()).toEqual(['n', 'v', 'x'])
  }
  evaluate(subject, 'flag-0', { targetingKey: 'ada', attributes })
  expect(read).toEqual(['x'])
})

it('uses no cached value of an earlier request, whatever the request number', () => {
  const subject = compiled(
    [
      flag({
        rules: [
          rule([clause('x', 'contains', 'an')], { id: 'general' }),
          rule([clause('', 'in-segment', 'friends'), clause('x', 'equals', 'Cora')], { id: 'segment' }),
        ],
        defaultStrategy: {
          id: 'split',
          strategy: { kind: 'rollout', shares: [{ variationId: 'c', weight: 100_000 }] },
        },
      }),
    ],
    [segment({ key: 'friends', included: ['cora'] })],
  )
  const variation = (id: string, x: string) => evaluate(subject, 'flag', someone(id, { x })).variation?.id
  for (const before of [0, 2 ** 31 - 3, 2 ** 53 - 100]) {
    subject.reader.generation = before
    for (let round = 0; round < 4; round++) {
      expect(variation('ann', 'Joanna')).toBe('b')
      expect(variation('bob', 'Bob')).toBe('c')
      expect(variation('cora', 'Cora')).toBe('b')
      expect(evaluateAll(subject, someone('dan', { x: 'Dora' }))[0]!.variation?.id).toBe('c')
    }
  }
})
