import { describe, expect, it } from 'vitest'
import cases from '../../test/golden/core/operators.json' with { type: 'json' }
import { clause, compiled, flag, rule, someone } from '../../test/support/build/flags.ts'
import type { Clause } from '../model/clause.ts'
import { evaluate } from './evaluate.ts'

/** Whether a rule with one clause matches a context with one attribute; null means that it is missing. */
const matches = (given: Readonly<Partial<Clause>>, attribute: unknown) => {
  const snapshot = compiled([
    flag({ rules: [rule([{ operator: 'equals', values: [], ...given, attribute: 'it' }])] }),
  ])
  return (
    evaluate(snapshot, 'flag', someone('ada', attribute === null ? {} : { it: attribute })).variation?.id ===
    'b'
  )
}

/** `{ a: { a: ... 'ada' } }`, with `depth` names. */
const nested = (depth: number): Record<string, unknown> => ({ a: depth === 1 ? 'ada' : nested(depth - 1) })

describe('an operator', () => {
  it.each(cases)('$name', ({ given, when, then }) => {
    expect(matches(given as Partial<Clause>, when)).toBe(then)
  })

  it('ignores properties that every JavaScript object inherits', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const snapshot = compiled([flag({ rules: [rule([clause(name, 'exists')])] })])
      expect(evaluate(snapshot, 'flag', someone('ada')).variation?.id).toBe('a')
      const own = JSON.parse(`{"${name}":"x"}`) as Record<string, unknown>
      expect(evaluate(snapshot, 'flag', someone('ada', own)).variation?.id).toBe('b')
    }
  })

  const holds = (attribute: string, context: Parameters<typeof someone>) => {
    const snapshot = compiled([flag({ rules: [rule([clause(attribute, 'equals', 'ada')])] })])
    return evaluate(snapshot, 'flag', someone(...context)).variation?.id === 'b'
  }

  it('reads targetingKey from the targeting key, and id from it where no id was sent', () => {
    expect(holds('targetingKey', ['ada', { targetingKey: 'bob', id: 'bob' }])).toBe(true)
    expect(holds('targetingKey', ['bob', { targetingKey: 'ada', id: 'ada' }])).toBe(false)
    expect(holds('targetingKey', [undefined, { targetingKey: 'ada' }])).toBe(false)
    expect(holds('id', ['ada', {}])).toBe(true)
    expect(holds('id', ['ada', { id: null }])).toBe(true)
    expect(holds('id', ['ada', { id: 'bob' }])).toBe(false)
    expect(holds('id', ['bob', { id: 'ada' }])).toBe(true)
  })

  it.each([
    ['a value of a structure', 'account.owner', { account: { owner: 'ada' } }, true],
    ['a list in a structure', 'account.owners', { account: { owners: ['bob', 'ada'] } }, true],
    ['a deeper value', 'a.b.c', { a: { b: { c: 'ada' } } }, true],
    ['the attribute of that very name first', 'a.b', { 'a.b': 'bob', a: { b: 'ada' } }, false],
    ['the attribute of that very name, though it is null', 'a.b', { 'a.b': null, a: { b: 'ada' } }, false],
    ['no element of a list', 'a.0', { a: ['ada'] }, false],
    ['no property of a text', 'a.length', { a: 'ada' }, false],
    ['nothing inherited', 'a.constructor', { a: {} }, false],
    ['nothing of a missing structure', 'a.b', {}, false],
    ['nothing of null', 'a.b', { a: null }, false],
    ['as many as ten names', 'a.a.a.a.a.a.a.a.a.a', nested(10), true],
    ['no more than ten', 'a.a.a.a.a.a.a.a.a.a.a', nested(11), false],
  ])('reads by a path %s', (_, path, attributes, expected) => {
    expect(holds(path, ['bob', attributes])).toBe(expected)
  })

  it('reads a Date as its ISO text and a bigint as its digits', () => {
    const at = new Date('2026-11-29T10:00:00Z')
    expect(matches({ operator: 'after', values: ['2026-11-29'] }, at)).toBe(true)
    expect(matches({ operator: 'starts-with', values: ['2026-11-29T10'] }, at)).toBe(true)
    expect(matches({ operator: 'exists' }, new Date(Number.NaN))).toBe(true)
    expect(matches({ operator: 'in', values: ['9007199254740993'] }, 9_007_199_254_740_993n)).toBe(true)
    expect(matches({ operator: 'in', values: ['9007199254740993'] }, [9_007_199_254_740_993n])).toBe(true)
  })

  it('looks at ten thousand characters of a list in all', () => {
    const given: Partial<Clause> = { operator: 'matches', values: ['a$'] }
    expect(matches(given, ['x'.repeat(9_000), 'a'])).toBe(true)
    expect(matches(given, ['x'.repeat(9_000), 'x'.repeat(1_000), 'a'])).toBe(false)
  })
})
