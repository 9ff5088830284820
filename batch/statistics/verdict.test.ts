import { describe, expect, it } from 'vitest'
import type { Health, VariationResult } from '../../core/model/experiment-result.ts'
import { verdictOf } from './verdict.ts'

const green: Health = { status: 'green', checks: [] }
const amber: Health = {
  status: 'amber',
  checks: [
    { name: 'sampler', status: 'passed', detail: 'Fine.' },
    { name: 'sample-ratio', status: 'too-early', detail: 'Cannot be tested yet.' },
  ],
}
const red: Health = {
  status: 'red',
  checks: [
    { name: 'sampler', status: 'passed', detail: 'Fine.' },
    { name: 'sample-ratio', status: 'failed', detail: 'Lopsided.' },
  ],
}
const variation = (variationId: string, more: Partial<VariationResult> = {}): VariationResult => ({
  variationId,
  users: 1000,
  conversions: 100,
  rate: { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 },
  probabilityBest: 0.03,
  probabilityBeatsBaseline: 0,
  expectedLoss: 0.02,
  uplift: null,
  ...more,
})
const leader = (more: Partial<VariationResult> = {}) =>
  variation('new', { probabilityBest: 0.97, expectedLoss: 0.0001, conversions: 170, ...more })
const verdict = (more?: Partial<VariationResult>, health = green) =>
  verdictOf([variation('old'), leader(more)], 'old', health)

describe('verdictOf', () => {
  it('names the winner', () => {
    expect(verdict()).toEqual({
      kind: 'winner',
      variationId: 'new',
      probabilityBest: 0.97,
      expectedLoss: 0.0001,
    })
  })

  it('may name the baseline', () => {
    expect(verdictOf([variation('old'), leader()], 'new', green)).toMatchObject({
      kind: 'winner',
      variationId: 'new',
    })
  })

  it('is withheld while health is red, with the reasons', () => {
    expect(verdict({}, red)).toEqual({ kind: 'withheld', reason: 'Lopsided.' })
  })

  it('does not wait for a health check that cannot judge yet', () => {
    expect(verdict({}, amber)).toEqual(verdict({}, green))
  })

  it('accepts exactly the limits', () => {
    expect(verdict({ probabilityBest: 0.95, expectedLoss: 0.0005, users: 100, conversions: 60 }).kind).toBe(
      'winner',
    )
    expect(verdict({ users: 100, conversions: 25 })).toMatchObject({
      reason: expect.stringContaining('Bayes factor'),
    })
  })

  it.each([
    [{ probabilityBest: 0.9499 }, 'The leader, new, is best with probability 0.950; 0.95 is needed.'],
    [
      { expectedLoss: 0.00051 },
      'Choosing new risks an expected loss of 0.00051; at most 0.00050 is accepted.',
    ],
    [{ users: 99 }, 'Variation new has 99 users; 100 are needed.'],
    [
      { conversions: 130 },
      'The lead of new over its closest rival has a sequential Bayes factor of 2.2; 20 is needed.',
    ],
    [{ conversions: 24 }, 'The leader, new, has 24 conversions; 25 are needed.'],
  ])('is undecided at %j', (more, reason) => {
    expect(verdict(more)).toEqual({ kind: 'undecided', reason })
  })

  it('needs evidence against the closest rival, not only the baseline', () => {
    const rival = variation('other', { conversions: 165 })
    expect(verdictOf([variation('old'), rival, leader()], 'old', green)).toMatchObject({
      kind: 'undecided',
      reason: expect.stringContaining('closest rival'),
    })
  })

  it('is undecided about a single variation', () => {
    expect(verdictOf([leader()], 'new', green)).toEqual({
      kind: 'undecided',
      reason: 'There is only one variation.',
    })
  })
})
