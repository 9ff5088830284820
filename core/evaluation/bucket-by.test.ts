// Rollouts that split by an attribute instead of the targeting key.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, compiled, fixed, flag, rollout, rule, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { Flag } from '../model/flag.ts'
import { formatNeeded } from '../model/snapshot.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import { explain } from './explain.ts'

const evenly = rollout({ a: 50_000, b: 50_000 })
const byCompany = (changes: Partial<Flag> = {}) =>
  flag({ bucketBy: 'company', defaultStrategy: { id: 'split', strategy: evenly }, ...changes })
const none = { reason: 'DEFAULT', variation: undefined, error: undefined }

describe('a rollout by attribute', () => {
  it.each(['percent', 'fine'] as const)(
    'hashes the text of the attribute as it would a key (%s)',
    (allocation) => {
      const subject = compiled([byCompany({ allocation }), byCompany({ key: 'other', allocation })])
      const plain = compiled([byCompany({ allocation, bucketBy: undefined }), flag({ key: 'other' })])
      const value = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean())
      fc.assert(
        fc.property(value, fc.option(fc.string()), (company, targetingKey) => {
          const context = { targetingKey: targetingKey ?? undefined, attributes: { company } }
          const expected = evaluate(plain, 'flag', someone(String(company))).variation?.id
          expect(evaluate(subject, 'flag', context)).toMatchObject({
            reason: 'SPLIT',
            variation: { id: expected },
          })
          expect(evaluateAll(subject, context)[0]?.variation?.id).toBe(expected)
        }),
        { numRuns: scaled(200) },
      )
    },
  )

  it.each([[undefined], [null], [''], [[]], [['acme']], [{}], [{ name: 'acme' }]])(
    'gives %j no variation, and no error',
    (company) => {
      const subject = compiled([byCompany({ allocation: 'fine' })])
      expect(evaluate(subject, 'flag', someone('ada', { company }))).toMatchObject(none)
      expect(evaluateAll(subject, someone('ada', { company }))[0]).toMatchObject(none)
      expect(explain(subject, 'flag', someone('ada', { company }))).toMatchObject({ rollout: undefined })
    },
  )

  it('of a rule comes before the flag’s; `id` is the targeting key', () => {
    const subject = compiled([
      byCompany({
        rules: [
          rule([clause('x', 'equals', '1')], { id: 'r1', strategy: evenly, bucketBy: 'team' }),
          rule([clause('x', 'equals', '2')], { id: 'r2', strategy: evenly, bucketBy: 'id' }),
          rule([clause('x', 'equals', '3')], { id: 'r3', strategy: evenly }),
        ],
      }),
    ])
    const hashed = (x: string) =>
      explain(subject, 'flag', someone('ada', { x, company: 'acme', team: 7 }))!.rollout
    expect(hashed('1')).toMatchObject({ input: 'r17', bucketBy: { attribute: 'team', key: '7' } })
    expect(hashed('2')).toMatchObject({ input: 'r2ada' })
    expect(hashed('2')).not.toHaveProperty('bucketBy')
    expect(hashed('3')).toMatchObject({ input: 'r3acme', bucketBy: { attribute: 'company', key: 'acme' } })
  })

  it('leaves targets to the targeting key', () => {
    const subject = compiled([byCompany({ targets: [{ variationId: 'c', targetingKeys: ['ada'] }] })])
    expect(evaluate(subject, 'flag', someone('ada', { company: 'acme' })).variation?.id).toBe('c')
    expect(evaluate(subject, 'flag', someone('bob', { company: 'ada' })).reason).toBe('SPLIT')
  })

  it('takes its audience by the same attribute', () => {
    const audience = { percentage: 50, defaultVariationId: 'c' }
    const subject = compiled([
      byCompany({ defaultStrategy: { id: 'split', strategy: rollout({ a: 100_000 }, audience) } }),
    ])
    for (const company of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const [first, second] = ['ada', 'bob'].map((key) =>
        evaluate(subject, 'flag', someone(key, { company })),
      )
      expect(first).toBe(second)
    }
  })

  it('needs readers that know of it, and only where it splits', () => {
    expect(formatNeeded({ flags: [byCompany()], segments: [] })).toBe(2)
    expect(formatNeeded({ flags: [byCompany({ bucketBy: 'id' })], segments: [] })).toBe(1)
    const fixedOnly = byCompany({ defaultStrategy: { id: 'd', strategy: fixed('a') } })
    expect(formatNeeded({ flags: [fixedOnly], segments: [] })).toBe(1)
  })

  it.each([
    ['assignment', { assignment: 'kept' }],
    ['assignment', { assignment: 'exclusive' }],
    ['slices', { slices: [{ from: 0, to: 50 }] }],
  ] as const)('goes together with no %s', (path, changes) => {
    const found = Flag.safeParse(byCompany(changes as Partial<Flag>))
    expect(found.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
    expect(Flag.safeParse(byCompany({ ...(changes as Partial<Flag>), bucketBy: 'id' })).success).toBe(true)
  })
})
