// People act on what the console says about a flag, so each sentence must agree with what core decides.
import { describe, expect, it } from 'vitest'
import type { AnyOf } from '../core/model/clause.ts'
import type { Flag, Strategy } from '../core/model/flag.ts'
import { percent } from '../batch/print-numbers.ts'
import { expectedWeights } from '../core/model/experiment.ts'

interface Words {
  condition(anyOf: AnyOf): string
  outcome(flag: Flag, strategy: Strategy): string
  division(strategy: Strategy): { variationId: string | undefined; share: number }[]
  percent(share: number): string
  unpublishedNotice(published: {
    revision: number
    unpublished?: { revision: number; since: number; attempts: number }
  }): string
}
// Not a literal import: a room's JavaScript is typed by that room's tsconfig.
const address = './public/words.js'
const words = (await import(address)) as Words

const text = (sentence: string) => sentence.replaceAll('\u00a0', ' ')
const flag = {
  variations: [
    { id: 'old', name: 'classic', value: 'a' },
    { id: 'new', name: '', value: 'express' },
  ],
} as Flag
const limited: Strategy = {
  kind: 'rollout',
  shares: [
    { variationId: 'old', weight: 50_000 },
    { variationId: 'new', weight: 40_000 },
  ],
  audience: { percentage: 20, defaultVariationId: 'old' },
}

describe('a condition', () => {
  const plan = { attribute: 'plan', operator: 'equals' as const, values: ['team'] }
  const country = { attribute: 'country', operator: 'not-equals' as const, values: ['JP', 'FR'] }

  it.each<[AnyOf, string]>([
    [[[plan]], 'plan equals team'],
    [[[plan, country]], 'plan equals team and country is none of JP, FR'],
    [[[plan, country], [plan]], '(plan equals team and country is none of JP, FR) or plan equals team'],
    [[[{ attribute: 'id', operator: 'exists', values: [] }]], 'targeting key is given'],
    [[[{ attribute: '', operator: 'in-segment', values: ['staff'] }]], 'is in segment staff'],
    [[[{ attribute: '', operator: 'not-in-segment', values: ['staff'] }]], 'is not in segment staff'],
    [[[{ ...plan, negated: true }]], 'not (plan equals team)'],
    [
      [[{ attribute: 'os', operator: 'greater', values: ['9.1'], compareAs: 'version' }]],
      'os is greater than 9.1 (compared as version)',
    ],
    [
      [[{ ...plan, values: ['1', '2', '3', '4', '5', '6', ''] }]],
      'plan equals one of 1, 2, 3, 4, 5 and 2 more',
    ],
  ])('%j', (anyOf, sentence) => expect(text(words.condition(anyOf))).toBe(sentence))
})

describe('an outcome', () => {
  it('names variations as people do, by value where there is no name', () => {
    expect(words.outcome(flag, { kind: 'fixed', variationId: 'new' })).toBe('express')
  })

  it('says who takes part, and which share gets no variation', () => {
    expect(text(words.outcome(flag, limited))).toBe(
      '20 % take part: classic 50 %, express 40 %, no variation 10 %; the others: classic',
    )
  })

  it.each([0, 100])('does not mention an audience of %i percent, which limits nothing', (percentage) => {
    const everybody = { ...limited, audience: { percentage, defaultVariationId: 'old' } } as Strategy
    expect(text(words.outcome(flag, everybody))).toBe('classic 50 %, express 40 %, no variation 10 %')
  })
})

describe('a division', () => {
  it('fills the bar, and gives each variation the weight that core expects', () => {
    const parts = words.division(limited)
    expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
    const drawn = (id: string) =>
      parts.filter(({ variationId }) => variationId === id).reduce((sum, { share }) => sum + share, 0)
    // Core counts those whom the rollout decides; the bar also shows the remainder of those outside the
    // audience.
    expect(drawn('new') * 100_000).toBeCloseTo(expectedWeights(limited).get('new') ?? 0, 6)
  })
})

it('keeps three significant digits of a rate', () => {
  expect([0, 0.0884, 0.141, -0.599, 0.00004].map((share) => text(words.percent(share)))).toEqual([
    '0 %',
    '8.84 %',
    '14.1 %',
    '−59.9 %',
    '0.00400 %',
  ])
})

it.each([0, 0.0884, 0.141, -0.599, 0.00004, 1])('formats the rate %d as the batch runner does', (share) => {
  expect(text(words.percent(share)).replace('−', '-')).toBe(percent(share))
})

describe('a notice', () => {
  const unpublished = { revision: 1_207, since: Date.UTC(2026, 10, 21, 12, 3), attempts: 4 }

  it('says by which revision users are served while a newer one cannot be published', () => {
    expect(text(words.unpublishedNotice({ revision: 1_205, unpublished }))).toBe(
      'Revision 1\u202f207 is stored, but could not be published since 2026-11-21 12:03 (4 attempts so far). ' +
        'Users still get what revision 1\u202f205 says.',
    )
  })

  it('says nothing while everything is published', () => {
    expect(words.unpublishedNotice({ revision: 7 })).toBe('')
  })
})
