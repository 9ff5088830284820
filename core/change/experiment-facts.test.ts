// What the events of the last days say of an experiment before it starts.
import { describe, expect, it } from 'vitest'
import type { Experiment } from '../model/experiment.ts'
import { type ExperimentFacts, type GoalResult, factChecks, historyFrom } from './experiment-facts.ts'

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
  design: { minimumEffect: 0.1, usersPlanned: 110_000 },
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  ...more,
})
const facts = (more: Partial<ExperimentFacts> = {}): ExperimentFacts => ({
  exposures: { evaluations: 9_000, usersPerDay: 5_000, days: 7 },
  hasOtherUsers: false,
  goalEvents: new Map([['buy', 1_000]]),
  history: history(20_000, 1_000),
  histories: [],
  cappedByHistory: new Set(),
  ...more,
})
const history = (users: number, conversions: number, daysAgo = 1) =>
  new Map(
    [historyFrom([result(users, conversions, daysAgo)])].flatMap((one) =>
      one ? [['buy', one] as const] : [],
    ),
  )
const result = (users: number, conversions: number, daysAgo: number): GoalResult => ({
  experimentId: `${users}`,
  users,
  conversions,
  computedAt: now - daysAgo * dayMs,
  isSameMetric: true,
  isRed: false,
})
const source = { experimentId: 'old', computedAt: now, users: 20_000, conversions: 1_000 }
const valued = (value: GoalResult['value']) =>
  new Map([['buy', historyFrom([{ ...result(20_000, 1_000, 1), value }], 'mean')!]])
const checksOf = (one: Experiment, known: ExperimentFacts) =>
  Object.fromEntries(factChecks(one, known).map(({ name, status, detail }) => [name, `${status}: ${detail}`]))

describe('the events of the last days', () => {
  it('say that all is well', () => {
    expect(checksOf(experiment(), facts())).toEqual({
      exposures: 'pass: 9000 exposures of f came in the last 7 days.',
      'goal-events': 'pass: Events of each goal came in the last 7 days: 1000 of buy.',
      history: 'pass: No earlier experiment tells anything of its goals: rates begin with Beta(0.5, 0.5).',
      power:
        'pass: Enough users: a change of buy by 10 % takes 109738 users (80 % power), and about 140000 users will come.',
      'guardrail-power': 'pass: There is no guardrail to show.',
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
    ['no event came of a goal', {}, { goalEvents: new Map() }, 'goal-events', /^warn: No event of buy/],
    [
      'events came of one goal only',
      { goalKeys: ['buy', 'visit'] },
      {
        goalEvents: new Map([
          ['buy', 9],
          ['visit', 0],
        ]),
      },
      'goal-events',
      /^warn: No event of visit/,
    ],
    [
      'a goal is capped by a history that tells no cap',
      {},
      { histories: [{ goalKey: 'buy' }], cappedByHistory: new Set(['buy']) },
      'history',
      /^warn: No earlier experiment tells where to cap buy/,
    ],
    [
      'earlier experiments told a prior and a cap, which the start fixed',
      { history: [{ goalKey: 'buy', from: source, prior: { alpha: 2, beta: 38 }, cap: 120 }] },
      { cappedByHistory: new Set(['buy']) },
      'history',
      /^pass: .* buy begins with Beta\(2, 38\) \(old\), buy is capped at 120 \(old\)/,
    ],
    [
      'more users come than a guardrail needs',
      { design: { guardrails: [{ goalKey: 'buy', margin: { relative: 0.1 } }] } },
      {},
      'guardrail-power',
      /^pass: .*: buy 89\d{3}; about 140000 will come/,
    ],
    [
      'fewer users come than a guardrail needs',
      { design: { guardrails: [{ goalKey: 'buy', margin: { absolute: 0.001 } }] } },
      {},
      'guardrail-power',
      /^warn: .*: buy \d{7}; about 140000 will come/,
    ],
    [
      'nobody knows the rate of a guardrail',
      { design: { guardrails: [{ goalKey: 'crash', margin: { relative: 0.1 } }] } },
      {},
      'guardrail-power',
      /^warn: .*: crash unknown/,
    ],
    ['no effect is wanted', { design: {} }, {}, 'power', /^warn: The design has no minimumEffect/],
    [
      'no mean is known of a goal about values',
      {},
      { goalsOfMeans: new Set(['buy']) },
      'power',
      /^warn: No earlier experiment tells the mean of buy/,
    ],
    [
      'too few users come for a goal about values',
      {},
      { goalsOfMeans: new Set(['buy']), history: valued({ mean: 2, sd: 20 }) },
      'power',
      /^warn: Too few users: a change of buy by 10 % takes 551116 users/,
    ],
    [
      'the plan of a goal about values has no usersPlanned',
      { design: { minimumEffect: 0.1 } },
      { goalsOfMeans: new Set(['buy']), history: valued({ mean: 2, sd: 2 }) },
      'power',
      /^warn: Set design.usersPlanned to 5512: a change of buy by 10 %/,
    ],
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
      /^warn: Too few users: .* about 70000 users will come/,
    ],
    [
      'too few come, whatever is planned',
      { design: { minimumEffect: 0.1, usersPlanned: 200_000 } },
      { exposures: { evaluations: 900, usersPerDay: 100, days: 7 } },
      'power',
      /^warn: Too few users: .* about 2800 users will come/,
    ],
    [
      'an always-valid decision has no plan',
      { design: { minimumEffect: 0.1 } },
      {},
      'power',
      /^warn: Set design.usersPlanned to 109738/,
    ],
    [
      'only some users meet the rollout',
      {},
      { hasOtherUsers: true },
      'power',
      /^warn: Not all users meet its rollout: .*about 140000 users of the whole flag will come/,
    ],
    [
      'it splits by something else than users',
      { phases: [{ startAt: now, weights: { a: 50_000, b: 50_000 }, unitAttribute: 'company' }] },
      {},
      'power',
      /^warn: It splits by company/,
    ],
    ...[undefined, [], [{ startAt: now, weights: { a: 50_000 } }], [{ startAt: now, weights: { b: 1 } }]].map(
      (phases): [string, Partial<Experiment>, Partial<ExperimentFacts>, string, RegExp] => [
        `its phases are ${JSON.stringify(phases)}`,
        { phases },
        {},
        'power',
        /^warn: Its variations cannot be compared/,
      ],
    ),
    [
      'few will convert',
      { design: { minimumEffect: 2 } },
      { history: history(10_000, 500) },
      'power',
      /^warn: Only \d+ users are planned who/,
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

it('a large decrease is possible, of a goal of which fewer is better', () => {
  const design = { minimumEffect: 0.7, lowerIsBetter: ['buy'], usersPlanned: 5_000 }
  expect(checksOf(experiment({ design }), facts({ history: history(10_000, 6_000) }))['power']).toMatch(
    /^warn: Only 31 users are planned who/,
  )
})

describe('the rate of a goal is that of', () => {
  const [long, short, larger] = [result(20_000, 1_000, 9), result(4, 2, 1), result(900, 9, 3)]
  it.each<[string, GoalResult[], GoalResult | undefined]>([
    ['the newest result with enough conversions', [long, short, result(30_000, 1_500, 20)], long],
    ['the one with the most users, if none has enough', [short, larger], larger],
    ['none where nobody, or everybody, reached it', [result(500, 0, 1), result(7, 7, 2)], undefined],
    ['none without results', [], undefined],
  ])('%s', (_, results, expected) => {
    expect(historyFrom(results)).toEqual(expected)
  })
})
