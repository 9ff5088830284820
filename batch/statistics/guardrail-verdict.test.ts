import { describe, expect, it } from 'vitest'
import type { Comparison } from '../../core/model/experiment-result.ts'
import type { GuardrailReport } from '../../core/model/guardrail.ts'
import { verdictOf, type VerdictInput } from './verdict.ts'

const report = (
  variationId: string,
  outcome: GuardrailReport['outcome'],
  more: Partial<GuardrailReport> = {},
): GuardrailReport => ({
  goalKey: 'refund',
  variationId,
  outcome,
  margin: { relative: 0.02 },
  estimate: 0,
  worst: 0.01,
  moreDays: outcome === 'open' ? 9 : null,
  reason: `${variationId}: refund is ${outcome}.`,
  ...more,
})
const comparison = (variationId: string, outcome: Comparison['outcome']): Comparison => ({
  variationId,
  outcome,
  difference: null,
  relative: { estimate: 0.1, low: 0.05, high: 0.15 },
  cautious: null,
  evidence: 4,
  moreDays: outcome === 'open' ? 3 : null,
})
const verdict = (
  outcomes: Record<string, Comparison['outcome']>,
  guardrails: GuardrailReport[],
  more: Partial<VerdictInput> = {},
) =>
  verdictOf({
    role: 'primary',
    isAa: false,
    baselineVariationId: 'a',
    variations: ['a', ...Object.keys(outcomes)].map((variationId) => ({
      variationId,
      users: 1_000,
      conversions: 100,
      rate: null,
      probabilityBest: 0.9,
      probabilityBeatsBaseline: 0.9,
      expectedLoss: 0,
      uplift: null,
    })),
    comparisons: Object.entries(outcomes).map(([id, outcome]) => comparison(id, outcome)),
    guardrails,
    decision: { kind: 'always-valid', alpha: 0.05, usersPlanned: null },
    health: { status: 'green', checks: [] },
    equivalence: 0.02,
    daysToMinimum: 0,
    isOver: false,
    countedUntil: 0,
    bestOf: () => undefined,
    ...more,
  })

describe('a verdict with guardrails', () => {
  it('ships an arm whose guardrails all hold', () => {
    expect(verdict({ b: 'better' }, [report('b', 'kept')])).toMatchObject({
      kind: 'winner',
      variationId: 'b',
      reason: 'Ship b: it beats a by +10 % (+5 % to +15 %). All guardrails hold.',
    })
  })

  it('does not ship one that breaks a guardrail, however much it wins', () => {
    const other = report('b', 'kept', { goalKey: 'speed' })
    expect(verdict({ b: 'better' }, [other, report('b', 'broken')])).toEqual({
      kind: 'guardrail-broken',
      variationIds: ['b'],
      reason: 'Do not ship b: it beats a, at a cost that is not tolerated. b: refund is broken. Keep a.',
    })
    expect(verdict({ b: 'better', c: 'open' }, [report('b', 'broken'), report('c', 'open')])).toMatchObject({
      kind: 'guardrail-broken',
      reason: expect.stringContaining('The other arms are not decided yet.'),
    })
  })

  it.each(['open', 'not-measured'] as const)('waits while a guardrail is %s', (outcome) => {
    const moreDays = outcome === 'open' ? 9 : undefined
    const found = verdict({ b: 'better' }, [report('b', outcome)])
    expect(found).toMatchObject({
      kind: 'undecided',
      reason: expect.stringContaining('b beats a, but not all'),
    })
    expect('moreDays' in found ? found.moreDays : undefined).toBe(moreDays)
    expect(verdict({ b: 'better' }, [report('b', outcome)], { isOver: true })).toMatchObject({
      kind: 'undecided',
      reason: expect.stringContaining('nobody can say ship'),
    })
  })

  it('ships the arm that keeps them, and says of the other why not', () => {
    expect(verdict({ b: 'better', c: 'better' }, [report('b', 'broken'), report('c', 'kept')])).toMatchObject(
      {
        kind: 'winner',
        variationId: 'c',
        reason: expect.stringMatching(/^Ship c: .* All guardrails hold\. b: refund is broken\.$/),
      },
    )
  })

  it('keeps the baseline if every arm is worse or breaks one, after the minimum duration', () => {
    const given = [report('b', 'broken'), report('c', 'kept')]
    expect(verdict({ b: 'open', c: 'worse' }, given)).toMatchObject({
      kind: 'keep-baseline',
      reason: 'Keep a: c is worse, and b breaks a guardrail. b: refund is broken.',
    })
    expect(verdict({ b: 'open' }, [report('b', 'broken')], { daysToMinimum: 3 })).toMatchObject({
      kind: 'undecided',
      moreDays: 3,
    })
  })

  it('says of the guardrail itself who keeps it', () => {
    const given = [report('b', 'broken'), report('c', 'kept'), report('d', 'not-measured')]
    expect(verdict({ b: 'open', c: 'open', d: 'open' }, given, { role: 'guardrail' })).toMatchObject({
      kind: 'guardrail',
      kept: ['c'],
      broken: ['b'],
      reason: expect.stringContaining('b breaks it; c keeps it; it is not measured for d.'),
    })
  })
})
