// Flags in local mode: Bucketeer's evaluator (test/support/build/bucketeer-evaluator.ts) gives the same
// result as core, or the flag is left out. A note says where a comparison may read a text with several parts
// differently.
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { attributeOperators, clauseWith } from '../../../test/support/build/arbitraries.ts'
import { bucketeerEvaluate } from '../../../test/support/build/bucketeer-evaluator.ts'
import { clause, compiled, flag, rule, snapshotOf } from '../../../test/support/build/flags.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { evaluate } from '../../../core/evaluation/evaluate.ts'
import { toContext } from './evaluations.ts'
import { FeatureList } from './feature.ts'
import { localMode } from './local-mode.ts'

const text = fc.constantFrom(
  '',
  'a',
  'ab',
  'A',
  '5',
  '10',
  '-1',
  '14',
  '0',
  '1700000000',
  '1.2.3',
  '18.4',
  'v9',
  'é',
)
const user = fc.record({
  id: fc.constantFrom('a', '5', 'someone'),
  data: fc.dictionary(fc.constantFrom('x', 'y', 'x.y', 'id', 'targetingKey'), text, {
    noNullPrototype: true,
  }),
})
const inNumberOrder = fc
  .tuple(
    fc.constantFrom('x', 'x.y', 'id'),
    fc.constantFrom('greater', 'greater-or-equal', 'less', 'less-or-equal'),
    fc.constantFrom('5', '10', '-1', '18.4'),
  )
  .map((parts) => clause(...parts))
/** Whether the note on comparisons covers a difference for this attribute value. */
const isNoted = (value: string) => /[v.]/.test(value)

it('evaluates a flag as core does, or does not get it, or has a note on the difference', () => {
  const counted = { alike: 0, omitted: 0, guarded: 0, noted: 0 }
  const any = fc.oneof(...attributeOperators.map(clauseWith))
  const clauses = fc.array(fc.oneof(any, inNumberOrder), { minLength: 1, maxLength: 2 })
  fc.assert(
    fc.property(clauses, fc.array(user, { minLength: 5, maxLength: 5 }), (given, users) => {
      const snapshot = snapshotOf([flag({ rules: [rule(given)] })])
      const { list, omitted, notes } = localMode(snapshot)
      if (omitted.length > 0) {
        counted.omitted++
        expect(list.features).toEqual([])
        return
      }
      const local = FeatureList.parse(JSON.parse(JSON.stringify(list)))
      const here = compiled(snapshot.flags)
      const hasOwnOrder = given.some(
        ({ operator, compareAs }) => /^(greater|less)/.test(operator) && !compareAs,
      )
      if (hasOwnOrder) counted.guarded++
      for (const each of users) {
        const ours = evaluate(here, 'flag', toContext(each)).variation?.id
        const theirs = bucketeerEvaluate(local, 'flag', each)
        if (ours === theirs) counted.alike++
        else {
          counted.noted++
          expect(hasOwnOrder && Object.values({ ...each.data, each: each.id }).some(isNoted)).toBe(true)
          expect(notes.map(({ reason }) => reason).join()).toContain('18.4.1')
        }
      }
    }),
    { numRuns: scaled(3_000) },
  )
  for (const count of Object.values(counted)) expect(count).toBeGreaterThan(0)
})

it('excludes missing attributes before a comparison by our own rule', () => {
  const { list, notes } = localMode(snapshotOf([flag({ rules: [rule([clause('age', 'less', '18')])] })]))
  expect(list.features[0]!.rules[0]!.clauses).toEqual([
    { id: 'rule:0:0:present', attribute: 'age', operator: 'NOT_EQUALS', values: [''] },
    { id: 'rule:0:0', attribute: 'age', operator: 'LESS', values: ['18'] },
  ])
  expect(notes).toEqual([
    {
      flagKey: 'flag',
      field: 'rules.0.anyOf.0.0',
      reason: expect.stringContaining('compareAs bucketeer') as string,
    },
  ])
})

it('exports a clause with Bucketeer’s rule unchanged, and notes that the rule is kept', () => {
  const given = { ...clause('age', 'less', '18'), compareAs: 'bucketeer' as const }
  const { list, notes } = localMode(snapshotOf([flag({ rules: [rule([given])] })]))
  expect(list.features[0]!.rules[0]!.clauses).toEqual([
    { id: 'rule:0:0', attribute: 'age', operator: 'LESS', values: ['18'] },
  ])
  expect(notes[0]!.reason).toContain('keeps Bucketeer’s rule')
})

it('exports not-equals as its opposite, and the targeting key as id', () => {
  const negated = (attribute: string, operator: 'equals' | 'not-equals') => ({
    ...clause(attribute, operator, 'ada'),
    negated: true,
  })
  const { list } = localMode(
    snapshotOf([flag({ rules: [rule([negated('targetingKey', 'equals'), negated('plan', 'not-equals')])] })]),
  )
  expect(list.features[0]!.rules[0]!.clauses).toMatchObject([
    { attribute: 'id', operator: 'NOT_EQUALS' },
    { attribute: 'plan', operator: 'EQUALS' },
  ])
})
