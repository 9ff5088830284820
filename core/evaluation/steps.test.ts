// What a request may take: hostile patterns and attributes against a thousand flags. A flag is decided as if
// there were no limit, or it is an error that says so.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, compiled, fixed, flag, rule, segment } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { Clause } from '../model/clause.ts'
import { evaluationStepsMax } from '../model/limits.ts'
import { evaluateWithAssignments } from './assignment.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import { explain } from './explain.ts'
import { stepsUsedUpMessage } from './steps.ts'

const flagCount = 1_000
const matching = (key: string, asked: Clause) =>
  flag({ key, rules: [rule([asked], { id: `rule-${key}`, strategy: fixed('b') })] })
const manyOf = (clauseOf: (i: number) => Clause) =>
  compiled(Array.from({ length: flagCount }, (_, i) => matching(`f${i}`, clauseOf(i))))
const contextOf = (x: unknown, more: object = {}) => ({ targetingKey: 'ada', attributes: { x, ...more } })
const isUsedUp = ({ error, variation, reason }: Evaluation) =>
  error?.message === stepsUsedUpMessage && variation === undefined && reason === 'ERROR'

const texts = (length: number, text: (i: number) => string) => Array.from({ length }, (_, i) => text(i))
const hostile: [string, (i: number) => Clause, unknown][] = [
  ['patterns with many ways to match', (i) => clause('x', 'matches', `(a|a)*b${i}`), 'a'.repeat(10_000)],
  ['patterns with many states', (i) => clause('x', 'matches', `(.{1,200}){1,4}x${i}`), 'a'.repeat(10_000)],
  [
    'patterns with classes of many ranges',
    (i) =>
      clause('x', 'matches', `[${texts(400, (j) => String.fromCharCode(0x4e00 + 2 * j)).join('')}]{99}${i}`),
    '\u6000'.repeat(10_000),
  ],
  ['patterns that ignore case', (i) => clause('x', 'matches', `(?i)[\\wé]{100}x${i}`), 'é'.repeat(10_000)],
  ['patterns against a list', (i) => clause('x', 'matches', `a*b${i}`), texts(10_000, () => 'a')],
  [
    'many texts to look for',
    (i) => clause('x', 'contains', ...texts(100, (j) => `aaaaab${i}x${j}`)),
    'a'.repeat(250_000),
  ],
  ['a long list', (i) => clause('x', 'in', `b${i}`), texts(60_000, () => '1.2')],
  ['a long list of versions', (i) => clause('x', 'greater', `2.${i}.1`), texts(60_000, () => '1.2.0')],
  [
    'a long list of times',
    (i) => clause('x', 'before', new Date(i).toISOString()),
    texts(10_000, () => '2024-01-01T00:00:00Z'),
  ],
  [
    'a list of long versions',
    (i) => clause('x', 'in', `1.0.${i}`),
    texts(2, () => `1.1.1-${'a.'.repeat(60_000)}`),
  ],
]

describe('a request that asks too much of', () => {
  it.each(hostile)('%s is answered soon, and says for which flags it was too much', (_, clauseOf, x) => {
    const all = manyOf(clauseOf)
    evaluateAll(all, contextOf('')) // prepares the flags, which is not part of a request
    const startedAt = process.cpuUsage().user
    const evaluations = evaluateAll(all, contextOf(x))
    expect(process.cpuUsage().user - startedAt).toBeLessThan(cpuMicrosecondsMax)
    const failed = evaluations.filter(isUsedUp)
    expect(failed.length).toBeGreaterThan(flagCount / 2)
    expect(evaluations.filter(({ error }) => error).length).toBe(failed.length)
    expect(evaluateAll(all, contextOf(x))).toEqual(evaluations) // the same end, and the same objects
    expect(evaluateAll(all, contextOf('n')).filter(({ error }) => error)).toEqual([])
  })
})
/** About ten times what it takes on a quiet machine; without a limit, each takes 10 to 100 times that. */
const cpuMicrosecondsMax = 5_000_000

it('a thousand patterns against an ordinary address are far from the limit', () => {
  const all = manyOf((i) => clause('x', 'matches', `^https://[a-z.]+/shop/(item|cart)${i}/\\d+$`))
  const context = {
    ...contextOf(`https://www.example.com/shop/item7/${'a'.repeat(160)}`),
    steps: { left: 0 },
  }
  context.steps.left = evaluationStepsMax / 4
  expect(evaluateAll(all, context).filter(({ error }) => error)).toEqual([])
})

it('decides each flag as without a limit, or says that it cannot', () => {
  const asked = fc.constantFrom(
    clause('x', 'matches', '^a+b$'),
    { ...clause('x', 'matches', 'b'), negated: true },
    clause('x', 'contains', 'ab', 'zz'),
    clause('x', 'not-contains', 'b'),
    clause('x', 'in', 'aab', 'c'),
    clause('', 'in-segment', 's'),
    clause('', 'not-in-segment', 's'),
    clause('f0', 'flag-is', 'b'),
    { ...clause('f0', 'flag-is', 'b'), negated: true },
    clause('y', 'equals', '1'),
  )
  const inner = segment({ key: 's', anyOf: [[clause('x', 'matches', '^(a|b)*$')]] })
  const text = fc.oneof(fc.string({ unit: fc.constantFrom('a', 'b') }), fc.array(fc.constantFrom('aab', 'c')))
  const property = fc.property(
    fc.array(fc.tuple(asked, fc.boolean()), { minLength: 1, maxLength: 8 }),
    text,
    fc.integer({ min: 0, max: 300 }),
    (clauses, x, left) => {
      const flags = clauses.map(([each, depends], i) => ({
        ...matching(`f${i}`, i === 0 ? clause('x', 'matches', 'b$') : each),
        prerequisites: depends && i > 0 ? [{ flagKey: `f${i - 1}`, variationId: 'b' }] : [],
      }))
      const all = compiled(flags, [inner])
      const context = contextOf(x, { y: '1' })
      const unlimited = evaluateAll(all, { ...context, steps: { left: Infinity } })
      const limited = evaluateAll(all, { ...context, steps: { left } })
      const kept = evaluateWithAssignments(all, { ...context, steps: { left } }, []).evaluations
      limited.forEach((each, i) => expect(isUsedUp(each) ? unlimited[i] : each).toBe(unlimited[i]))
      expect(kept).toEqual(limited)
      for (const { flagKey } of unlimited) {
        const alone = evaluate(all, flagKey, { ...context, steps: { left } })
        const explained = explain(all, flagKey, { ...context, steps: { left } })!
        const whole = unlimited.find((each) => each.flagKey === flagKey)
        for (const each of [alone, explained.evaluation]) expect(isUsedUp(each) ? whole : each).toBe(whole)
      }
      expect(evaluateAll(all, context)).toEqual(unlimited) // nothing half-done is remembered
    },
  )
  fc.assert(property, { numRuns: scaled(500) })
})

it('shares what one request may take among its evaluations', () => {
  const all = compiled([matching('f', clause('x', 'matches', 'a*b'))])
  const steps = { left: 1_000 }
  const context = { ...contextOf('a'.repeat(50)), steps }
  const errors = Array.from({ length: 10 }, () => evaluate(all, 'f', context)).map(isUsedUp)
  expect([errors[0], errors.at(-1)]).toEqual([false, true])
})
