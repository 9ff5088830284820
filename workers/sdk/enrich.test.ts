// Clients cannot pass for Cloudflare: neither by an attribute under its prefix nor by a structure.
import { expect, it } from 'vitest'
import { clause, compiled, flag, rule } from '../../test/support/build/flags.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import { enrichContext } from './enrich.ts'

const subject = compiled([flag({ rules: [rule([clause('cf.country', 'equals', 'XX')])] })])
const decide = (attributes: Record<string, unknown>) =>
  evaluate(
    subject,
    'flag',
    enrichContext({ targetingKey: 'ada', attributes }, subject, new Request('http://edge.test')),
  ).variation?.id

it('drops what a client says under the prefix, in any form', () => {
  expect(decide({ 'cf.country': 'XX' })).toBe('a')
  expect(decide({ cf: { country: 'XX' } })).toBe('a')
})

it('keeps other attributes, also one that is merely called cf', () => {
  const context = { targetingKey: 'ada', attributes: { cf: 'text', plan: 'pro' } }
  expect(enrichContext(context, subject, new Request('http://edge.test'))).toBe(context)
  const mixed = { targetingKey: 'ada', attributes: { 'cf.colo': 'NRT', plan: 'pro' } }
  expect(enrichContext(mixed, subject, new Request('http://edge.test')).attributes).toEqual({ plan: 'pro' })
})
