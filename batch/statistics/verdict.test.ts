import { describe, expect, it } from 'vitest'
import type { Comparison, Decision, Health, VariationResult } from '../../core/model/experiment-result.ts'
import { notMeasured } from './compare.ts'
import { verdictOf, type VerdictInput } from './verdict.ts'

const green: Health = { status: 'green', checks: [] }
const amber: Health = {
  status: 'amber',
  checks: [{ name: 'sample-ratio', status: 'too-early', detail: 'Cannot be tested yet.' }],
}
const red: Health = {
  status: 'red',
  checks: [
    { name: 'sampler', status: 'passed', detail: 'Fine.' },
    { name: 'sample-ratio', status: 'failed', detail: 'Lopsided.' },
  ],
}
const variation = (variationId: string): VariationResult => ({
  variationId,
  users: 1000,
  conversions: 100,
  rate: { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 },
  probabilityBest: 0.97,
  probabilityBeatsBaseline: 0.97,
  expectedLoss: 0.0001,
  uplift: null,
})
const comparison = (
  variationId: string,
  outcome: Comparison['outcome'],
  more: Partial<Comparison> = {},
): Comparison => ({
  variationId,
  outcome,
  difference: { estimate: 0.01, low: 0.005, high: 0.015 },
  relative: { estimate: 0.1, low: 0.05, high: 0.15 },
  cautious: null,
  evidence: 1,
  moreDays: null,
  ...more,
})
const alwaysValid: Decision = { kind: 'always-valid', alpha: 0.05, usersPlanned: null }
const verdict = (comparisons: Comparison[], more: Partial<VerdictInput> = {}) =>
  verdictOf({
    role: 'primary',
    isAa: false,
    baselineVariationId: 'a',
    variations: ['a', ...comparisons.map(({ variationId }) => variationId)].map(variation),
    comparisons,
    decision: alwaysValid,
    health: green,
    equivalence: 0.02,
    daysToMinimum: 0,
    isOver: false,
    countedUntil: 0,
    guardrails: [],
    bestOf: () => undefined,
    ...more,
  })

describe('the verdict on an A/A test', () => {
  const aa = (comparisons: Comparison[], more: Partial<VerdictInput> = {}) =>
    verdict(comparisons, { isAa: true, ...more })

  it.each(['better', 'worse'] as const)('is that something is wrong where an arm is %s', (outcome) => {
    for (const more of [{}, { role: 'secondary' }, { daysToMinimum: 6 }, { isOver: true }] as const)
      expect(aa([comparison('b', outcome), comparison('c', 'open')], more)).toMatchObject({
        kind: 'unsound',
        reason: expect.stringMatching(/^b and a are equal, and yet they differ/),
      })
  })

  it('is that it is sound, once it is over', () => {
    expect(aa([comparison('b', 'open')])).toMatchObject({ kind: 'undecided' })
    expect(aa([comparison('b', 'equal')])).toMatchObject({ kind: 'undecided' })
    expect(aa([comparison('b', 'open')], { isOver: true })).toEqual({
      kind: 'sound',
      reason: 'No difference is shown where there is none, with 2000 users.',
    })
  })

  it('says nothing before it can be read, or while health is red', () => {
    expect(aa([notMeasured('b', 'nobody converted')], { isOver: true }).kind).toBe('too-early')
    expect(aa([comparison('b', 'better')], { health: red }).kind).toBe('withheld')
  })
})

describe('verdictOf', () => {
  it('says to ship the one arm that beats the baseline', () => {
    expect(verdict([comparison('b', 'better'), comparison('c', 'open')])).toEqual({
      kind: 'winner',
      variationId: 'b',
      probabilityBest: 0.97,
      expectedLoss: 0.0001,
      reason: 'Ship b: it beats a by +10 % (+5 % to +15 %).',
    })
  })

  it('says to ship any of several arms that do', () => {
    const both = [comparison('b', 'better'), comparison('c', 'better')]
    expect(verdict(both)).toEqual({
      kind: 'winners',
      variationIds: ['b', 'c'],
      reason: 'b and c both beat a, and none of them beats the others: ship any of them.',
    })
    expect(verdict(both, { bestOf: () => 'c' })).toMatchObject({
      kind: 'winner',
      variationId: 'c',
      reason: expect.stringContaining('It also beats the other arms that do.'),
    })
  })

  it('says to keep the baseline if every arm is worse', () => {
    expect(verdict([comparison('b', 'worse'), comparison('c', 'worse')])).toEqual({
      kind: 'keep-baseline',
      variationId: 'a',
      reason: 'Keep a: b and c are worse.',
    })
  })

  it('says that arms are practically equal', () => {
    expect(verdict([comparison('b', 'equal'), comparison('c', 'worse')])).toEqual({
      kind: 'practically-equal',
      reason: 'b and a are practically equal: they differ by less than 2 %. c is worse.',
    })
    expect(verdict([comparison('b', 'equal'), comparison('c', 'open')]).kind).toBe('undecided')
  })

  it('says how long to keep running', () => {
    expect(verdict([comparison('b', 'open', { moreDays: 5 })])).toEqual({
      kind: 'undecided',
      moreDays: 5,
      reason: 'Keep running: about 5 days more at this traffic; against a, b is at +10 % (+5 % to +15 %).',
    })
    expect(verdict([comparison('b', 'open')])).toMatchObject({
      kind: 'undecided',
      reason: expect.stringContaining('no answer is near'),
    })
    expect(verdict([comparison('b', 'open')], { isOver: true })).toMatchObject({
      kind: 'undecided',
      reason: expect.stringContaining('is over'),
    })
  })

  it('says not to read what cannot be measured', () => {
    expect(verdict([notMeasured('b', 'nobody converted'), notMeasured('c', 'nobody converted')])).toEqual({
      kind: 'too-early',
      reason: 'Do not read it yet. Not measured: nobody converted.',
    })
  })

  it('names no winner before the minimum duration is over', () => {
    expect(verdict([comparison('b', 'better')], { daysToMinimum: 6.2 })).toEqual({
      kind: 'undecided',
      moreDays: 7,
      reason: 'Keep running. b is ahead of a, but the minimum duration is not over: wait 7 days more.',
    })
  })

  it('calls arms practically equal no sooner than it names one', () => {
    const both = [comparison('b', 'equal'), comparison('c', 'equal')]
    expect(verdict(both, { daysToMinimum: 6.2 })).toEqual({
      kind: 'undecided',
      moreDays: 7,
      reason:
        'Keep running. b and c and a are practically equal, but the minimum duration is not over: wait 7 days more.',
    })
    expect(verdict([comparison('b', 'open', { moreDays: 1 })], { daysToMinimum: 6.2 })).toMatchObject({
      kind: 'undecided',
      moreDays: 7,
    })
  })

  it('asks nobody to wait who stopped it before the minimum duration', () => {
    for (const outcome of ['better', 'worse', 'equal'] as const) {
      const early = verdict([comparison('b', outcome)], { daysToMinimum: 5.5, isOver: true })
      expect(early.kind).toBe('undecided')
      expect(early).not.toHaveProperty('moreDays')
      expect(early.reason).toMatch(/ended when the minimum duration had 6 days to go: nothing is decided/)
    }
    expect(verdict([notMeasured('b', 'nobody converted')], { isOver: true }).reason).toBe(
      'It is over, and there is nothing to read. Not measured: nobody converted.',
    )
  })

  it('says when the planned end is, also where an arm is not measured', () => {
    const dayMs = 86_400_000
    const decision = {
      kind: 'fixed-horizon',
      alpha: 0.05,
      gamma: 0.95,
      endAt: 28 * dayMs,
      ended: false,
    } as const
    const comparisons = [comparison('b', 'worse'), notMeasured('c', 'c has 20 users; 100 are needed')]
    expect(verdict(comparisons, { decision, countedUntil: 14.5 * dayMs })).toMatchObject({
      kind: 'undecided',
      moreDays: 14,
      reason: expect.stringContaining('the planned end is in 14 days'),
    })
  })

  it('tells of an arm that is measured before one that is not', () => {
    const comparisons = [comparison('b', 'open', { evidence: -2 }), notMeasured('c', 'nobody converted')]
    expect(verdict(comparisons).reason).toContain('against a, b is at +10 %')
  })

  it('says to keep the baseline if who beats it breaks a guardrail, and no other arm may still', () => {
    const report = {
      goalKey: 'refund',
      variationId: 'b',
      outcome: 'broken',
      margin: { relative: 0.05 },
      estimate: 0.2,
      worst: 0.4,
      moreDays: null,
      reason: 'b breaks refund.',
    } as const
    const guarded = (other: Comparison['outcome'], more: Partial<VerdictInput> = {}) =>
      verdict([comparison('b', 'better'), comparison('c', other)], { guardrails: [report], ...more }).reason
    expect(guarded('open')).toMatch(/The other arms are not decided yet\.$/)
    expect(guarded('equal')).toMatch(/Keep a\.$/)
    expect(guarded('open', { isOver: true })).toMatch(/Keep a\.$/)
  })

  it('names none at, and none after, the planned end', () => {
    const decision: Decision = { kind: 'fixed-horizon', alpha: 0.05, gamma: 0.95, endAt: 1, ended: true }
    expect(verdict([comparison('b', 'open')], { decision, isOver: true })).toMatchObject({
      kind: 'keep-baseline',
      variationId: 'a',
    })
  })

  it('lets a secondary goal decide nothing', () => {
    expect(verdict([comparison('b', 'better'), comparison('c', 'worse')], { role: 'secondary' })).toEqual({
      kind: 'secondary',
      better: ['b'],
      worse: ['c'],
      reason: 'b is better than a, and c is worse than a. A secondary goal does not decide.',
    })
  })

  it('is withheld while health is red, with the reasons, whatever the goal', () => {
    for (const role of ['primary', 'secondary'] as const)
      expect(verdict([comparison('b', 'better')], { health: red, role })).toEqual({
        kind: 'withheld',
        reason: 'Lopsided.',
      })
  })

  it('does not wait for a health check that cannot judge yet', () => {
    const given = [comparison('b', 'better')]
    expect(verdict(given, { health: amber })).toEqual(verdict(given))
  })

  it('is undecided about a single variation', () => {
    expect(verdict([])).toEqual({ kind: 'undecided', reason: 'There is only one variation.' })
  })
})
