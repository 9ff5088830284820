import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clause, compiled, flag, rule, segment, someone } from '../test/build/flags.ts'
import { scaled } from '../test/build/scale.ts'
import { evaluate, evaluateAll } from './evaluate.ts'

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

it('remembers nothing of the requests before, also where their count starts over', () => {
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
  for (const before of [0, 2 ** 30 - 3]) {
    asking.reader.turn = before
    for (let round = 0; round < 4; round++) {
      expect(ask('ann', 'Joanna')).toBe('b')
      expect(ask('bob', 'Bob')).toBe('c')
      expect(ask('cora', 'Cora')).toBe('b')
      expect(evaluateAll(asking, someone('dan', { x: 'Dora' }))[0]!.variation?.id).toBe('c')
    }
  }
})
