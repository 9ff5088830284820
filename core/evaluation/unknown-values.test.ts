// A snapshot of a later version with values that this version does not know. Each is an error of its own flag
// and of the flags that depend on it. All others are evaluated.
import { expect, it } from 'vitest'
import { clause, fixed, flag, rule, segment, snapshotOf, someone } from '../../test/support/build/flags.ts'
import type { Flag } from '../model/flag.ts'
import { compile } from './compile.ts'
import { evaluate, evaluateAll } from './evaluate.ts'

const future = (fields: object): Flag => ({ ...flag({ key: 'future' }), ...fields }) as Flag
const ruleWith = (operator: string, fields: object = {}) =>
  rule([{ ...clause('plan', 'equals', 'pro'), operator, ...fields } as never], { strategy: fixed('a') })

it.each([
  ['an operator', future({ rules: [ruleWith('sounds-like')] })],
  ['a negated operator', future({ rules: [ruleWith('not-sounds-like')] })],
  ['a comparison', future({ rules: [ruleWith('greater', { compareAs: 'roman' })] })],
  ['a negated comparison', future({ rules: [ruleWith('greater', { compareAs: 'roman', negated: true })] })],
  ['an operator that is negated', future({ rules: [ruleWith('sounds-like', { negated: true })] })],
  ['a strategy', future({ defaultStrategy: { id: 'd', strategy: { kind: 'bandit' } } })],
  [
    'a strategy of a rule',
    future({ rules: [rule([clause('plan', 'equals', 'pro')], { strategy: { kind: 'bandit' } as never })] }),
  ],
  ['a flag type', future({ type: 'date' })],
  ['an allocation', future({ allocation: 'finer' })],
])('makes a flag with %s that is unknown an error, without effect on other flags', (_, unknown) => {
  const dependent = flag({ key: 'dependent', prerequisites: [{ flagKey: 'future', variationId: 'a' }] })
  const compiled = compile(snapshotOf([unknown, dependent, flag({ key: 'plain' })]))
  const evaluations = new Map(evaluateAll(compiled, someone('ada')).map((each) => [each.flagKey, each]))
  for (const key of ['future', 'dependent']) {
    expect(evaluations.get(key)).toMatchObject({ reason: 'ERROR', error: { code: 'GENERAL' } })
    expect(evaluate(compiled, key, someone('ada'))).toMatchObject({ reason: 'ERROR', variation: undefined })
  }
  expect(evaluations.get('plain')!.error).toBeUndefined()
})

it('makes a flag an error if its segment has an unknown value', () => {
  const unknown = segment({
    key: 's',
    anyOf: [[{ ...clause('plan', 'equals', 'pro'), operator: 'sounds-like' } as never]],
  })
  const inSegment = flag({ key: 'in', rules: [rule([clause('', 'in-segment', 's')])] })
  const notInSegment = flag({
    key: 'not-in',
    rules: [rule([clause('', 'not-in-segment', 's')], { id: 'not' })],
  })
  const compiled = compile(snapshotOf([inSegment, notInSegment, flag({ key: 'plain' })], [unknown]))
  expect(evaluate(compiled, 'in', someone('ada')).error?.message).toContain('segment s')
  expect(evaluate(compiled, 'not-in', someone('ada')).error?.message).toContain('segment s')
  expect(evaluate(compiled, 'plain', someone('ada')).error).toBeUndefined()
})

it('makes a disabled flag an error too, and one without its values', () => {
  const disabled = future({ enabled: false, offVariationId: 'a', rules: [ruleWith('sounds-like')] })
  const missing = { ...flag({ key: 'missing' }), defaultStrategy: undefined, allocation: null } as never
  const compiled = compile(snapshotOf([disabled, missing, flag({ key: 'plain' })]))
  for (const key of ['future', 'missing'])
    expect(evaluate(compiled, key, someone('ada'))).toMatchObject({ reason: 'ERROR' })
  expect(evaluate(compiled, 'plain', someone('ada')).error).toBeUndefined()
})

it('excludes such flags and their dependents from the definitions for SDKs', () => {
  const dependent = flag({ key: 'dependent', prerequisites: [{ flagKey: 'future', variationId: 'a' }] })
  const unknown = future({ defaultStrategy: { id: 'd', strategy: { kind: 'bandit' } } })
  const { snapshot } = compile(snapshotOf([unknown, dependent, flag({ key: 'plain' })]))
  expect(snapshot.flags.map(({ key }) => key)).toEqual(['plain'])
})
