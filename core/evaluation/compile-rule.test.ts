import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, compiled, fixed, flag, rule, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { Clause } from '../model/clause.ts'
import type { EvaluationContext } from './context.ts'
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

describe('what a request may take', () => {
  const texts = Array.from({ length: 70 }, (_, i) => `t${i}`)
  const text = fc.constantFrom(...texts)
  const list = fc.oneof(
    fc.array(text, { minLength: 1, maxLength: 4 }),
    fc.array(fc.constantFrom('t0', 't1', 't60'), { minLength: 1, maxLength: 5 }),
    fc.constant(texts.slice(0, 40)),
  )
  const aboutGroups = fc
    .tuple(fc.constantFrom<Clause['operator']>('in', 'equals', 'not-equals'), list)
    .map(([operator, values]) => clause('groups', operator, ...values))
  /** All with the same first value. */
  const aboutPage = fc.integer({ max: 99, min: 0 }).map((i) => clause('page', 'contains', 't', `x${i}`))
  const anyClauses = fc.array(fc.oneof(aboutGroups, aboutPage), { minLength: 1, maxLength: 12 })
  const pages = Array.from({ length: 100 }, (_, i) => [clause('page', 'contains', 't', `x${i}`)])
  const anyFlags = fc.tuple(fc.array(anyClauses, { minLength: 2, maxLength: 8 }), fc.boolean())
  const groups = fc.oneof(
    text,
    fc.integer({ min: 1, max: 300 }).map((length) => Array.from({ length }, (_, i) => `u${i}`)),
    fc.array(text, { maxLength: 300 }),
  )
  const anyRequest = fc.record({
    key: fc.option(fc.integer({ min: 0, max: 7 }).map((i) => `flag-${i}`)),
    groups,
    page: fc.constantFrom('', 'a', 'b'.repeat(1_000), 'b'.repeat(999) + 'x3'),
    left: fc.oneof(fc.integer({ min: 0, max: 15_000 }), fc.constant(Infinity)),
  })

  it('is the same whoever was asked about before, and so is each answer', () => {
    const requests = fc.array(anyRequest, { minLength: 2, maxLength: 5 })
    const property = fc.property(anyFlags, requests, ([lists, isCrowded], asked) => {
      const flags = (isCrowded ? [pages.flat(), ...lists] : lists).map((clauses, i) =>
        flag({
          key: `flag-${i}`,
          rules: clauses.map((each, j) =>
            rule([each, clause('never', 'exists')], { id: `rule-${i}-${j}`, strategy: fixed('b') }),
          ),
        }),
      )
      const kept = compiled(flags)
      for (const { key, left, ...attributes } of asked) {
        const answered = (snapshot: typeof kept) => {
          const steps = { left }
          const context: EvaluationContext = { ...someone('ada', attributes), steps }
          const answers = key === null ? evaluateAll(snapshot, context) : [evaluate(snapshot, key, context)]
          return [...answers.map(({ flagKey, error, variation }) => [flagKey, error, variation]), steps.left]
        }
        expect(answered(kept)).toEqual(answered(compiled(flags)))
      }
    })
    fc.assert(property, { numRuns: scaled(1_000) })
  })

  it('is spent once for all flags that ask the same, however many ask nearly that', () => {
    const ofMany = (i: number) => clause('page', 'contains', 't', `x${i}`)
    const asked = Array.from({ length: 200 }, (_, i) => ofMany(i))
    const long = clause('groups', 'in', ...texts)
    const left = (clauses: readonly Clause[], attributes: Record<string, unknown>) => {
      const steps = { left: 1_000_000 }
      const rules = clauses.map((each, i) => rule([each], { id: `rule-${i}` }))
      evaluate(compiled([flag({ rules })]), 'flag', { ...someone('ada', attributes), steps })
      return steps.left
    }
    const page = 'b'.repeat(1_000)
    expect(left([...asked, ...asked], { page })).toBe(left(asked, { page }))
    for (const values of [[...texts].reverse(), ['t3', ...texts]])
      expect(left([long, clause('groups', 'in', ...values)], { groups: ['a'] })).toBe(
        left([long], { groups: ['a'] }),
      )
  })
})
