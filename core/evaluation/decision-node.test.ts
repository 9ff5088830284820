import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clause, fixed, flag, prepared, rule, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { Clause } from '../model/clause.ts'
import type { DecisionNode } from './decision-node.ts'
import { evaluate } from './evaluate.ts'

/** A flag with one rule for each list of groups; the rule at place i answers `v<i>`. */
function ruled(rules: readonly (readonly (readonly Clause[])[])[]) {
  const ids = rules.map((_, i) => `v${i}`)
  return prepared([
    flag({
      variations: [...ids, 'a', 'c'].map((id) => ({ id, name: '', description: '', value: id })),
      rules: rules.map((anyOf, i) =>
        rule([], { id: `rule-${i}`, anyOf: anyOf.map((group) => [...group]), strategy: fixed(`v${i}`) }),
      ),
    }),
  ])
}

const has = (name: string) => clause(name, 'exists')

/** Questions that a context meets on its way. */
function asked(first: DecisionNode, holds: (name: string) => boolean): string[] {
  const names: string[] = []
  for (let at = first; at.condition; at = (holds(at.condition.clause.attribute) ? at.yes : at.no)!)
    names.push(at.condition.clause.attribute)
  return names
}

describe('a decision', () => {
  const name = fc.constantFrom('p', 'q', 'r', 's', 't')
  const group = fc.array(name, { minLength: 1, maxLength: 4 })
  const anyRules = fc.array(fc.array(group, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })

  it('finds the first rule of which a group holds', () => {
    fc.assert(
      fc.property(anyRules, fc.uniqueArray(name), (rules, present) => {
        const ready = ruled(rules.map((anyOf) => anyOf.map((names) => names.map(has))))
        const first = rules.findIndex((anyOf) =>
          anyOf.some((names) => names.every((each) => present.includes(each))),
        )
        const attributes = Object.fromEntries(present.map((each) => [each, 1]))
        const answer = evaluate(ready, 'flag', someone('ada', attributes))
        expect(answer.variation?.id).toBe(first === -1 ? 'a' : `v${first}`)
      }),
      { numRuns: scaled(2_000) },
    )
  })

  it('leads past what is known on every way there', () => {
    const { decisionGraph } = ruled([[[has('p'), has('q')]], [[has('p'), has('r')]], [[has('p'), has('s')]]])
      .flags[0]!
    expect(asked(decisionGraph!, () => true)).toEqual(['p', 'q'])
    expect(asked(decisionGraph!, (each) => each === 'p')).toEqual(['p', 'q', 'r', 's'])
    expect(asked(decisionGraph!, () => false)).toEqual(['p'])
  })

  it('asks again what only some of the ways know', () => {
    // Both who has p and who lacks it come to the second rule, and what they know of p is forgotten there.
    const { decisionGraph } = ruled([[[has('p'), has('q')]], [[has('r')]], [[has('p')]]]).flags[0]!
    expect(asked(decisionGraph!, (each) => each === 'p')).toEqual(['p', 'q', 'r', 'p'])
    expect(asked(decisionGraph!, () => false)).toEqual(['p', 'r', 'p'])
  })

  it('forgets what it learned long ago rather than search for it', () => {
    const many = Array.from({ length: 40 }, (_, i) => has(`n${i}`))
    const { decisionGraph } = ruled([...many.map((each) => [[each]]), [[has('n39'), has('n0')]]]).flags[0]!
    expect(asked(decisionGraph!, () => false)).toHaveLength(40)
    expect(
      asked(ruled([...many.map((each) => [[each]]), [[has('n0')]]]).flags[0]!.decisionGraph!, () => false),
    ).toHaveLength(41)
  })
})
