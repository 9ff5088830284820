// flagd's `fractional` becomes rollouts with the same shares, in all of its notations.
import { describe, expect, it } from 'vitest'
import { one, targeted } from '../../../../test/support/build/flagd-imports.ts'
import { weightTotal } from '../../../../core/model/limits.ts'

describe('fractional', () => {
  const cat = { cat: [{ var: '$flagd.flagKey' }, { var: 'targetingKey' }] }
  it.each<[unknown, object]>([
    [
      [
        ['on', 25],
        ['off', 75],
      ],
      { on: 25_000, off: 75_000 },
    ],
    [[['on'], ['off']], { on: 50_000, off: 50_000 }],
    [[cat, ['on', 1], ['off', 2]], { on: 33_333, off: 66_667 }],
    [[{ var: 'targetingKey' }, ['on', 1], ['off', 999_999]], { on: 0, off: 100_000 }],
    [
      [{ cat: ['seed', { var: 'targetingKey' }] }, ['on', 10], ['off', 30], ['on', 60]],
      { on: 70_000, off: 30_000 },
    ],
    [
      [
        ['on', -5],
        ['off', 5],
        ['on', 15],
      ],
      { on: 75_000, off: 25_000 },
    ],
    [
      [
        ['on', 1],
        [null, 1],
      ],
      { on: 50_000, off: 50_000 },
    ],
    [
      [
        ['on', 1],
        ['blue', 3],
      ],
      { on: 25_000 },
    ],
  ])('%j is a rollout of the same shares for those who have a targeting key', (fractional, expected) => {
    const { flag, findings } = targeted({ fractional })
    expect(flag).toMatchObject({
      allocation: 'fine',
      rules: [{ anyOf: [[{ attribute: 'targetingKey', operator: 'exists' }]] }],
      defaultStrategy: { strategy: { variationId: 'off' } },
    })
    const strategy = flag!.rules[0]!.strategy
    const shares = strategy.kind === 'rollout' ? strategy.shares : []
    expect(Object.fromEntries(shares.map(({ variationId, weight }) => [variationId, weight]))).toEqual(
      expected,
    )
    const [overall] = findings
    expect(overall).toMatchObject({ subject: 'environment', effect: 'differs' })
    expect(overall!.reason).toContain('users move between the variants of f')
    expect(findings).toContainEqual(
      expect.objectContaining({ key: 'f', field: 'targeting.fractional', effect: 'differs' }),
    )
  })

  it('with one variant or none moves no user', () => {
    for (const fractional of [
      [['on', 1]],
      [
        ['on', 0],
        ['off', 0],
      ],
      [
        ['on', 100],
        ['off', 0],
      ],
    ]) {
      const { flag, findings } = targeted({ fractional })
      expect(flag?.allocation).toBe('percent')
      expect(findings.map(({ reason }) => reason).join()).not.toContain('move')
    }
  })

  it('with rounded shares still adds up, with a finding', () => {
    const { flag, findings } = one({
      variants: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 },
      defaultVariant: 'a',
      targeting: { fractional: [['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g']] },
    })
    const strategy = flag!.rules[0]!.strategy
    const weights = strategy.kind === 'rollout' ? strategy.shares.map(({ weight }) => weight) : []
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(weightTotal)
    expect(Math.max(...weights) - Math.min(...weights)).toBe(1)
    expect(findings.map(({ reason }) => reason).join()).toContain('rounded')
  })
})
