import { describe, expect, it } from 'vitest'
import cases from '../../test/golden/core/operators.json' with { type: 'json' }
import { clause, compiled, flag, rule, someone } from '../../test/support/build/flags.ts'
import type { Operator } from '../model/vocabulary.ts'
import { evaluate } from './evaluate.ts'

/** Whether a rule with one clause matches a context with one attribute; null means that it is missing. */
const matches = (operator: Operator, values: readonly string[], attribute: unknown, ignoreCase?: boolean) => {
  const given = { ...clause('it', operator, ...values), ...(ignoreCase && { ignoreCase }) }
  const snapshot = compiled([flag({ rules: [rule([given])] })])
  return (
    evaluate(snapshot, 'flag', someone('ada', attribute === null ? {} : { it: attribute })).variation?.id ===
    'b'
  )
}

describe('an operator', () => {
  it.each(cases)('$name', ({ given, when, then }) => {
    expect(matches(given.operator as Operator, given.values, when, given.ignoreCase)).toBe(then)
  })

  it('ignores properties that every JavaScript object inherits', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const snapshot = compiled([flag({ rules: [rule([clause(name, 'exists')])] })])
      expect(evaluate(snapshot, 'flag', someone('ada')).variation?.id).toBe('a')
      const own = JSON.parse(`{"${name}":"x"}`) as Record<string, unknown>
      expect(evaluate(snapshot, 'flag', someone('ada', own)).variation?.id).toBe('b')
    }
  })

  it('reads the attribute id from the targeting key, not from the attributes', () => {
    const snapshot = compiled([flag({ rules: [rule([clause('id', 'equals', 'ada')])] })])
    expect(evaluate(snapshot, 'flag', someone('ada', { id: 'bob' })).variation?.id).toBe('b')
    expect(evaluate(snapshot, 'flag', someone('bob', { id: 'ada' })).variation?.id).toBe('a')
  })
})
