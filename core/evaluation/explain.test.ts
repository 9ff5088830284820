import { describe, expect, it } from 'vitest'
import { clause, compiled, flag, rollout, rule, segment, someone } from '../../test/support/build/flags.ts'
import { explain } from './explain.ts'

describe('an explanation', () => {
  it('shows every clause of the tested rules with the attribute', () => {
    const snapshot = compiled(
      [
        flag({
          rules: [
            rule([clause('plan', 'equals', 'pro'), clause('country', 'exists')], { id: 'first' }),
            rule([clause('', 'in-segment', 'beta'), clause('age', 'greater', '18')], { id: 'second' }),
            rule([clause('never', 'exists')], { id: 'third' }),
          ],
        }),
      ],
      [segment({ key: 'beta', included: ['ada'] })],
    )
    const {
      evaluation,
      rules,
      rollout: split,
    } = explain(snapshot, 'flag', someone('ada', { plan: 'free', age: 20, country: ['JP', 'FR'] }))!
    expect(evaluation.cause).toEqual({ kind: 'rule', ruleId: 'second' })
    expect(split).toBeUndefined()
    expect(
      rules.map(({ ruleId, matched, anyOf }) => [
        ruleId,
        matched,
        anyOf[0]!.map(({ found, holds }) => [found, holds]),
      ]),
    ).toEqual([
      [
        'first',
        false,
        [
          ['free', false],
          [['JP', 'FR'], true],
        ],
      ],
      [
        'second',
        true,
        [
          [['beta'], true],
          ['20', true],
        ],
      ],
    ])
  })

  it('shows the hash input, the bucket and the cuts', () => {
    const percent = compiled([
      flag({ defaultStrategy: { id: 'vgBoundary', strategy: rollout({ a: 30_000, b: 50_000 }) } }),
    ])
    expect(explain(percent, 'flag', someone('user-94'))?.rollout).toEqual({
      input: 'vgBoundaryuser-94',
      bucket: 79_000,
      cuts: [
        { variationId: 'a', below: 30_000 },
        { variationId: 'b', below: 80_000 },
        { variationId: undefined, below: 100_000 },
      ],
      audience: undefined,
    })
    const audience = { percentage: 20, defaultVariationId: 'a' }
    const fine = compiled([
      flag({
        key: 'exp-1',
        allocation: 'fine',
        defaultStrategy: { id: 'd', strategy: rollout({ a: 50_000, b: 50_000 }, audience) },
      }),
    ])
    expect(explain(fine, 'exp-1', someone('user-0001'))?.rollout).toMatchObject({
      input: 'exp-1-user-0001-',
      audience: {
        input: 'traffic-exp-1-user-0001-',
        below: 20_000,
        isIn: false,
        bucket: 80_633,
      },
    })
  })

  it('ends at the prerequisite that failed', () => {
    const chain = compiled([
      flag({ key: 'base', archived: true }),
      flag({
        prerequisites: [{ flagKey: 'base', variationId: 'b' }],
        rules: [rule([clause('x', 'exists')])],
      }),
    ])
    expect(explain(chain, 'flag', someone('ada'))).toMatchObject({
      evaluation: { reason: 'PREREQUISITE_FAILED' },
      prerequisites: [{ flagKey: 'base', wanted: 'b', got: 'a' }],
      rules: [],
    })
  })

  it('shows whether the user is targeted, and is undefined for an unknown flag', () => {
    const targeted = compiled([flag({ targets: [{ variationId: 'b', targetingKeys: ['ada'] }] })])
    expect(explain(targeted, 'flag', someone('ada'))?.isTargeted).toBe(true)
    expect(explain(targeted, 'flag', someone('bob'))?.isTargeted).toBe(false)
    expect(explain(targeted, 'unknown', someone('ada'))).toBeUndefined()
  })
})
