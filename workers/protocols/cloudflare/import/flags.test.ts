// What is hard to list from the original's store: percentages by an attribute, ids, and files of any size.
import { expect, it } from 'vitest'
import { snapshotOf } from '../../../../test/support/build/flags.ts'
import { checkCandidates } from '../../../../core/change/import-plan.ts'
import { compile } from '../../../../core/evaluation/compile.ts'
import { evaluate } from '../../../../core/evaluation/evaluate.ts'
import { emptyState } from '../../../../core/model/environment-state.ts'
import { FlagList } from './definitions.ts'
import { fromFlagList } from './flags.ts'

const definition = (key: string, rules: object[]) => ({
  key,
  enabled: true,
  default_variation: 'b',
  variations: { a: 'A', b: 'B' },
  rules: rules.map((rule, i) => ({ conditions: [], serve_variation: 'a', priority: i + 1, ...rule })),
})
const imported = (...items: object[]) =>
  checkCandidates(emptyState(), fromFlagList(FlagList.parse({ items }), 0))
const is = (attribute: string, value = 'x') => ({ attribute, operator: 'equals', value })
const nested = (depth: number): object =>
  depth === 0 ? is('plan') : { logical_operator: 'AND', clauses: [nested(depth - 1)] }

it('splits by the attribute of a percentage', () => {
  const half = { rollout: { percentage: 50, attribute: 'companyId' } }
  const { flags, findings } = imported(
    definition('whole', [half]),
    definition('ruled', [{ ...half, conditions: [is('plan')] }]),
  )
  expect(findings.filter(({ effect }) => effect === 'left-out')).toEqual([])
  const ready = compile(snapshotOf(flags))
  for (const { key } of flags) {
    const variantOf = (targetingKey: string, companyId: string) =>
      evaluate(ready, key, { targetingKey, attributes: { companyId, plan: 'x' } }).variation?.id
    const companies = Array.from({ length: 100 }, (_, i) => `company-${i}`)
    const variants = companies.map((company) => variantOf('ada', company))
    expect(new Set(variants)).toEqual(new Set(['a', 'b']))
    expect(companies.map((company) => variantOf('bob', company))).toEqual(variants)
  }
})

it('gives every rule and default an id of its own', () => {
  const long = 'k'.repeat(95)
  const one = [{ conditions: [is('plan')] }]
  const keys = ['default', '1', 'default-1', `${long}a`, `${long}b`]
  const { flags, findings } = imported(...keys.map((key) => definition(key, one)))
  expect(findings.filter(({ effect }) => effect === 'left-out')).toEqual([])
  const ids = flags.flatMap(({ rules, defaultStrategy }) => [...rules, defaultStrategy].map(({ id }) => id))
  expect(new Set(ids).size).toBe(2 * keys.length)
})

it('leaves out what is too large or too deep, and takes the others', () => {
  const many = Array.from({ length: 30_000 }, (_, i) => is(`a${i}`))
  const { flags, findings } = imported(
    definition('wide', [{ conditions: many }]),
    definition('deep', [{ conditions: [nested(900)] }]),
    definition('deepest', [{ conditions: [nested(5_000)] }]),
    definition('fine', [{ conditions: [nested(5)] }]),
  )
  expect(flags.map(({ key }) => key)).toEqual(['fine'])
  const leftOut = findings.filter(({ effect }) => effect === 'left-out').map(({ key }) => key)
  expect(leftOut.toSorted()).toEqual(['deep', 'deepest', 'wide'])
})
