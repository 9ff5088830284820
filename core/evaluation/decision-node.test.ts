import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, fixed, flag, prepared, rule, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { Clause } from '../model/clause.ts'
import type { DecisionNode } from './decision-node.ts'
import { evaluate } from './evaluate.ts'

/** A flag with one rule for each list of groups; the rule with index i has the variation `v<i>`. */
function compileRules(rules: readonly (readonly (readonly Clause[])[])[]) {
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

/** The attributes tested on the path to a rule. */
function pathOf(first: DecisionNode, holds: (name: string) => boolean): string[] {
  const names: string[] = []
  let node = first
  while (node.condition) {
    const { attribute } = node.condition.clause
    names.push(attribute)
    node = (holds(attribute) ? node.yes : node.no)!
  }
  return names
}

describe('a decision graph', () => {
  const name = fc.constantFrom('p', 'q', 'r', 's', 't')
  const group = fc.array(name, { minLength: 1, maxLength: 4 })
  const anyRules = fc.array(fc.array(group, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })

  it('leads to the first rule of which a group holds', () => {
    fc.assert(
      fc.property(anyRules, fc.uniqueArray(name), (rules, present) => {
        const snapshot = compileRules(rules.map((anyOf) => anyOf.map((names) => names.map(has))))
        const first = rules.findIndex((anyOf) =>
          anyOf.some((names) => names.every((each) => present.includes(each))),
        )
        const attributes = Object.fromEntries(present.map((each) => [each, 1]))
        const answer = evaluate(snapshot, 'flag', someone('ada', attributes))
        expect(answer.variation?.id).toBe(first === -1 ? 'a' : `v${first}`)
      }),
      { numRuns: scaled(2_000) },
    )
  })

  it('skips conditions whose result is known on every path', () => {
    const { decisionGraph } = compileRules([
      [[has('p'), has('q')]],
      [[has('p'), has('r')]],
      [[has('p'), has('s')]],
    ]).flags[0]!
    expect(pathOf(decisionGraph!, () => true)).toEqual(['p', 'q'])
    expect(pathOf(decisionGraph!, (each) => each === 'p')).toEqual(['p', 'q', 'r', 's'])
    expect(pathOf(decisionGraph!, () => false)).toEqual(['p'])
  })

  it('tests a condition again if its result is known on some paths only', () => {
    // Paths with and without p lead to the second rule, so its node does not know p.
    const { decisionGraph } = compileRules([[[has('p'), has('q')]], [[has('r')]], [[has('p')]]]).flags[0]!
    expect(pathOf(decisionGraph!, (each) => each === 'p')).toEqual(['p', 'q', 'r', 'p'])
    expect(pathOf(decisionGraph!, () => false)).toEqual(['p', 'r', 'p'])
  })

  it('forgets facts beyond a limited number', () => {
    const many = Array.from({ length: 40 }, (_, i) => has(`n${i}`))
    const { decisionGraph } = compileRules([...many.map((each) => [[each]]), [[has('n39'), has('n0')]]])
      .flags[0]!
    expect(pathOf(decisionGraph!, () => false)).toHaveLength(40)
    expect(
      pathOf(
        compileRules([...many.map((each) => [[each]]), [[has('n0')]]]).flags[0]!.decisionGraph!,
        () => false,
      ),
    ).toHaveLength(41)
  })
})
