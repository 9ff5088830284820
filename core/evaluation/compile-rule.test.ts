import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, compiled, fixed, flag, rule, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { Clause } from '../model/clause.ts'
import { evaluate, evaluateAll } from './evaluate.ts'

/** A flag with one rule for each list of groups; the rule with index i has the variation `v<i>`. */
function withRules(rules: readonly (readonly (readonly Clause[])[])[]) {
  const ids = rules.map((_, i) => `v${i}`)
  return flag({
    variations: [...ids, 'a', 'c'].map((id) => ({ id, name: '', description: '', value: id })),
    rules: rules.map((anyOf, i) =>
      rule([], { id: `rule-${i}`, anyOf: anyOf.map((group) => [...group]), strategy: fixed(`v${i}`) }),
    ),
  })
}

const has = (name: string) => clause(name, 'exists')

describe('rules', () => {
  const name = fc.constantFrom('p', 'q', 'r', 's', 't')
  const anyRules = fc.array(fc.array(fc.array(name, { maxLength: 4 }), { maxLength: 3 }), {
    minLength: 1,
    maxLength: 8,
  })

  it('decide in order: the first of which a group holds, whoever was asked about before', () => {
    const anyUsers = fc.array(fc.uniqueArray(name), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(anyRules, anyUsers, (rules, users) => {
        const snapshot = compiled([withRules(rules.map((anyOf) => anyOf.map((names) => names.map(has))))])
        for (const present of users) {
          const first = rules.findIndex((anyOf) =>
            anyOf.some((names) => names.every((each) => present.includes(each))),
          )
          const attributes = Object.fromEntries(present.map((each) => [each, 1]))
          const answer = evaluate(snapshot, 'flag', someone('ada', attributes))
          expect(answer.variation?.id).toBe(first === -1 ? 'a' : `v${first}`)
        }
      }),
      { numRuns: scaled(2_000) },
    )
  })

  it('are compiled when an evaluation first comes to them, and once', () => {
    const snapshot = compiled([withRules([[[has('p')]], [[has('q')]], [[has('r')]]])])
    const reached = () => snapshot.flags[0]!.firstNodes.filter((node) => node !== undefined)
    evaluate(snapshot, 'flag', someone('ada', { q: 1 }))
    const [first, second, ...others] = reached()
    expect(others).toEqual([])
    expect(first!.rule.strategy).toBeUndefined()
    expect(second!.rule.strategy?.fallback.variation?.id).toBe('v1')
    evaluate(snapshot, 'flag', someone('bob'))
    expect(reached()).toHaveLength(4)
    expect(reached().slice(0, 2)).toEqual([first, second])
    expect(reached()[0]).toBe(first)
  })

  it('that name a text first while a request is under way find it in its attributes', () => {
    // The second flag is compiled after the first looked the same attribute up.
    const flags = ['red', 'blue'].map((text, i) =>
      flag({ key: `flag-${i}`, rules: [rule([clause('colour', 'in', text)], { id: `rule-${i}` })] }),
    )
    const answers = evaluateAll(compiled(flags), someone('ada', { colour: 'blue' }))
    expect(answers.map(({ variation }) => variation?.id)).toEqual(['a', 'b'])
  })
})
