import { describe, expect, it } from 'vitest'
import cases from '../../test/golden/core/operators.json' with { type: 'json' }
import { clause, compiled, flag, rule, someone } from '../../test/support/build/flags.ts'
import type { Operator } from '../model/clause.ts'
import { evaluate } from './evaluate.ts'

/** Whether a rule of this one clause matches a context with this one attribute; null stands for a missing one. */
const matches = (operator: Operator, values: readonly string[], attribute: unknown, ignoreCase?: boolean) => {
  const asked = { ...clause('it', operator, ...values), ...(ignoreCase && { ignoreCase }) }
  const asking = compiled([flag({ rules: [rule([asked])] })])
  return (
    evaluate(asking, 'flag', someone('ada', attribute === null ? {} : { it: attribute })).variation?.id ===
    'b'
  )
}

describe('an operator', () => {
  it.each(cases)('$name', ({ given, when, then }) => {
    expect(matches(given.operator as Operator, given.values, when, given.ignoreCase)).toBe(then)
  })

  it('reads own attributes only: what JavaScript hangs on every object is missing', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const asking = compiled([flag({ rules: [rule([clause(name, 'exists')])] })])
      expect(evaluate(asking, 'flag', someone('ada')).variation?.id).toBe('a')
      const own = JSON.parse(`{"${name}":"x"}`) as Record<string, unknown>
      expect(evaluate(asking, 'flag', someone('ada', own)).variation?.id).toBe('b')
    }
  })

  it('reads the attribute id as the targeting key, whatever the attributes say', () => {
    const asking = compiled([flag({ rules: [rule([clause('id', 'equals', 'ada')])] })])
    expect(evaluate(asking, 'flag', someone('ada', { id: 'bob' })).variation?.id).toBe('b')
    expect(evaluate(asking, 'flag', someone('bob', { id: 'ada' })).variation?.id).toBe('a')
  })
})
