import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clause, compiled, flag, rule, segment, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { Clause, Operator } from '../model/clause.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import { compileClause, makeScope } from './compiled-condition.ts'

const word = fc.integer({ min: 0, max: 400 }).map((n) => `word ${n}`)
/** Short, long, dense and thin: the first lists number the words for all that come after them. */
const lists = fc.array(
  fc.oneof(
    fc.uniqueArray(word, { minLength: 1, maxLength: 5 }),
    fc.uniqueArray(word, { minLength: 30, maxLength: 200 }),
    fc.tuple(word, word).map(([one, other]) => [one, other, one]),
  ),
  { minLength: 1, maxLength: 8 },
)
it('lists whose texts lie far apart, near together and in between have what they name, and nothing else', () => {
  const words = Array.from({ length: 700 }, (_, i) => `w${i}`)
  const picked = (...places: number[]) => places.map((place) => words[place]!)
  const given = [
    words, // numbers all others
    picked(699, 0, 350),
    picked(0, 699, 1, 350, 349, 351, 2),
    picked(100, 131),
    picked(100, 132),
    words.slice(40, 110),
    words.filter((_, i) => i % 3 === 0),
    picked(5),
  ]
  const asking = compiled(
    given.map((values, i) =>
      flag({ key: `flag-${i}`, rules: [rule([clause('w', 'in', ...values)], { id: `rule-${i}` })] }),
    ),
  )
  for (const w of [...words, 'other', ''])
    expect(evaluateAll(asking, someone('ada', { w })).map(({ variation }) => variation?.id === 'b')).toEqual(
      given.map((values) => values.includes(w)),
    )
})

const operator = fc.constantFrom('in', 'equals', 'not-equals')

it('lists have the texts they name, of whatever length they are and however many share them', () => {
  fc.assert(
    fc.property(lists, operator, fc.array(word, { maxLength: 20 }), (given, asks, people) => {
      const asking = compiled(
        given.map((values, i) =>
          flag({ key: `flag-${i}`, rules: [rule([clause('w', asks, ...values)], { id: `rule-${i}` })] }),
        ),
      )
      for (const w of people) {
        const answers = evaluateAll(asking, someone('ada', { w })).map(({ variation }) => variation?.id)
        expect(answers).toEqual(
          given.map((values) => (values.includes(w) === (asks !== 'not-equals') ? 'b' : 'a')),
        )
      }
    }),
    { numRuns: scaled(300) },
  )
})

/** Whether each clause, in a flag of its own, holds for an attribute `x`; first alone, then all in one environment. */
function bothWays(clauses: readonly Clause[], x: unknown): [boolean[], boolean[]] {
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
  ['numbers written differently', [clause('x', 'greater', '18'), clause('x', 'greater', '18.0')], '18-x'],
  ['versions written differently', [clause('x', 'less', '1.2.3'), clause('x', 'less', 'v1.2.3')], 'a'],
  [
    'one text of two lines and two texts',
    [clause('x', 'contains', 'a\nb'), clause('x', 'contains', 'a', 'b')],
    'a',
  ],
  ['an operator and its negation', [clause('x', 'equals', 'a'), clause('x', 'not-equals', 'a')], 'a'],
  ['an order and its reverse', [clause('x', 'less', '5'), clause('x', 'greater', '5')], 4],
  [
    'case and no case',
    [clause('x', 'equals', 'A'), { ...clause('x', 'equals', 'A'), ignoreCase: true }],
    'a',
  ],
] as const)('does not take one for the other: %s', (_, clauses, x) => {
  const [alone, together] = bothWays(clauses, x)
  expect(together).toEqual(alone)
  expect(new Set(alone).size).toBe(2)
})

it.each([
  ['any of several values', clause('x', 'greater', '5', '3'), 4, true],
  ['any of several values, none of which', clause('x', 'greater', '5', '4'), 4, false],
  ['a number against a version', clause('x', 'less', '1.2.3'), 5, false],
  ['a number as text against a version', clause('x', 'greater', '1.2.3'), '5', false],
  ['a version against a number', clause('x', 'greater', '5'), '6.0.0', false],
  ['a prerelease against its version', clause('x', 'less', '1.2.3'), '1.2.3-rc.1', true],
  ['a version too large to be packed', clause('x', 'greater', '1.2.3'), '131072.0.0', true],
  ['a version against one too large to be packed', clause('x', 'less', '131072.0.0'), '1.2.3', true],
  ['no number against a number', clause('x', 'less-or-equal', 'NaN'), 5, false],
  ['a word against a number', clause('x', 'greater', '5'), 'six', true],
] as const)('orders %s', (_, asked, x, holds) => {
  expect(bothWays([asked], x)).toEqual([[holds], [holds]])
})

const anyClause = fc
  .tuple(
    fc.constantFrom<Operator>('equals', 'not-equals', 'contains', 'starts-with', 'less', 'greater-or-equal'),
    fc.uniqueArray(
      fc.constantFrom('', '1', '1.0', '01', '1.0.0', 'v1.0.0', '1.0.0+b', 'a', 'A', 'a\nb', 'b'),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    fc.constantFrom(undefined, true),
  )
  .map(([operator, values, ignoreCase]) => ({
    ...clause('x', operator, ...values),
    ...(ignoreCase && (operator === 'equals' || operator === 'contains') && { ignoreCase }),
  }))

it('decides for each clause of an environment what it decides for it alone', () => {
  const anyX = fc.constantFrom('', '1', '1.', '1-x', 'a', 'A', 'b', '1.0.0', '1.0.1', 1, 2, true, null, [
    'a',
    '1',
  ])
  fc.assert(
    fc.property(fc.array(anyClause, { minLength: 1, maxLength: 6 }), anyX, (clauses, x) => {
      const [alone, together] = bothWays(clauses, x)
      expect(together).toEqual(alone)
    }),
    { numRuns: scaled(2_000) },
  )
})

it('is one for clauses that ask the same, in whatever flag and order of values', () => {
  const scope = makeScope(new Map())
  const condition = (...given: Parameters<typeof clause>) => compileClause(clause(...given), scope)
  expect(condition('x', 'in', 'a', 'b')).toBe(condition('x', 'equals', 'b', 'a'))
  expect(condition('x', 'less', '5')).toBe(condition('x', 'less', '5'))
  expect(condition('x', 'contains', 'a')).toBe(condition('x', 'contains', 'a'))
  expect(condition('x', 'in', 'a')).not.toBe(condition('y', 'in', 'a'))
  expect(condition('x', 'less', '5')).not.toBe(condition('x', 'less-or-equal', '5'))
})

it('reads an attribute once per request, and not at all where nobody asks', () => {
  const read: string[] = []
  const attributes = new Proxy({ x: 'a', n: 5, v: '1.2.3' } as Record<string, unknown>, {
    get: (from, name) => {
      read.push(String(name))
      return from[String(name)]
    },
  })
  const asked = ['x', 'n', 'v'].flatMap((name) => [
    clause(name, 'in', 'q', 'r'),
    clause(name, 'greater', '7.5.0'),
    clause(name, 'greater', '6'),
    clause(name, 'contains', 'zz'),
  ])
  const asking = compiled(
    asked.map((each, i) => flag({ key: `flag-${i}`, rules: [rule([each], { id: `rule-${i}` })] })),
  )
  for (let request = 0; request < 2; request++) {
    evaluateAll(asking, { targetingKey: 'ada', attributes })
    expect(read.splice(0).toSorted()).toEqual(['n', 'v', 'x'])
  }
  evaluate(asking, 'flag-0', { targetingKey: 'ada', attributes })
  expect(read).toEqual(['x'])
})

it('remembers nothing of the requests before, however many there were', () => {
  const asking = compiled(
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
  const ask = (id: string, x: string) => evaluate(asking, 'flag', someone(id, { x })).variation?.id
  for (const before of [0, 2 ** 31 - 3, 2 ** 53 - 100]) {
    asking.reader.generation = before
    for (let round = 0; round < 4; round++) {
      expect(ask('ann', 'Joanna')).toBe('b')
      expect(ask('bob', 'Bob')).toBe('c')
      expect(ask('cora', 'Cora')).toBe('b')
      expect(evaluateAll(asking, someone('dan', { x: 'Dora' }))[0]!.variation?.id).toBe('c')
    }
  }
})
