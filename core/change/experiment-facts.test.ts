// What the events of the last days say of an experiment before it starts.
import { describe, expect, it } from 'vitest'
import type { Experiment } from '../model/experiment.ts'
import { type ExperimentFacts, factChecks } from './experiment-facts.ts'

const dayMs = 86_400_000
const now = 1_000 * dayMs
const experiment = (more: Partial<Experiment> = {}): Experiment => ({
  id: 'x',
  name: '',
  flagKey: 'f',
  ruleId: 'r',
  goalKeys: ['buy'],
  baselineVariationId: 'a',
  startAt: now,
  stopAt: now + 28 * dayMs,
  status: 'running',
  phases: [{ startAt: now, weights: { a: 50_000, b: 50_000 } }],
  design: { minimumEffect: 0.1 },
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  ...more,
})
const facts = (more: Partial<ExperimentFacts> = {}): ExperimentFacts => ({
  exposures: { evaluations: 9_000, usersPerDay: 5_000, days: 7 },
  history: new Map([
    ['buy', { experimentId: 'y', users: 20_000, conversions: 1_000, computedAt: now - dayMs }],
  ]),
  ...more,
})
const history = (users: number, conversions: number, daysAgo = 1) =>
  new Map([['buy', { experimentId: 'y', users, conversions, computedAt: now - daysAgo * dayMs }]])
const checksOf = (one: Experiment, known: ExperimentFacts) =>
  Object.fromEntries(
    factChecks(one, known, now).map(({ name, status, detail }) => [name, `${status}: ${detail}`]),
  )

describe('the events of the last days', () => {
  it('say that all is well', () => {
    expect(checksOf(experiment(), facts())).toEqual({
      exposures: 'pass: 9000 exposures of f came in the last 7 days.',
      'goal-events': 'pass: An experiment counted users who reached each goal in the last 30 days.',
      power:
        'pass: Enough users: a change of buy by 10 % takes 109738 users (80 % power), and about 140000 will come.',
    })
  })

  it.each<[string, Partial<Experiment>, Partial<ExperimentFacts>, string, RegExp]>([
    [
      'nobody was exposed',
      {},
      { exposures: { evaluations: 0, usersPerDay: 0, days: 7 } },
      'exposures',
      /^warn: No exposure of f/,
    ],
    ['a goal was never reached', {}, { history: new Map() }, 'goal-events', /^warn: .* reached buy/],
    ['nobody reached it', {}, { history: history(900, 0) }, 'goal-events', /^warn: .* reached buy/],
    [
      'it was reached long ago',
      {},
      { history: history(900, 90, 31) },
      'goal-events',
      /^warn: .* reached buy/,
    ],
    ['no effect is wanted', { design: {} }, {}, 'power', /^warn: The design has no minimumEffect/],
    ['no rate is known', {}, { history: new Map() }, 'power', /^warn: No earlier experiment tells how many/],
    [
      'the effect is impossible',
      {},
      { history: history(100, 95) },
      'power',
      /^warn: A change by 10 % is impossible/,
    ],
    [
      'less than nothing is wanted',
      { design: { minimumEffect: 1.5, lowerIsBetter: ['buy'] } },
      {},
      'power',
      /impossible/,
    ],
    [
      'too few users come',
      { stopAt: now + 14 * dayMs },
      {},
      'power',
      /^warn: Too few users: .* about 70000 will come/,
    ],
    [
      'too few users are planned',
      { design: { minimumEffect: 0.1, usersPlanned: 50_000 } },
      {},
      'power',
      /^warn: Too few users/,
    ],
    [
      'few will convert',
      { design: { minimumEffect: 2 } },
      { history: history(10_000, 500) },
      'power',
      /^warn: Only \d+ conversions are planned/,
    ],
  ])('warn where %s', (_, more, known, name, sentence) => {
    expect(checksOf(experiment(more), facts(known))[name]).toMatch(sentence)
  })

  it('ask for fewer users of a fixed horizon, and for none of an A/A test', () => {
    const horizon = experiment({ design: { minimumEffect: 0.1, decision: 'fixed-horizon' } })
    expect(checksOf(horizon, facts())['power']).toMatch(/takes 63\d\d\d users/)
    expect(checksOf(experiment({ design: { aa: true } }), facts())['power']).toMatch(/^pass/)
  })
})
