// Goals with a metric, from events in a lake to the stored result: real HTTP, real ClickHouse, a simulated
// stack. What a result says is computed again here, from the users and in plain loops.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
import { ExperimentResult } from '../core/model/experiment-result.ts'
import type { GoalMetric } from '../core/model/goal-metric.ts'
import { resultProblems } from '../core/model/result-problems.ts'
import { StoredResult } from '../core/model/stored-result.ts'
import { hasChdb } from '../test/support/chdb.ts'
import { checkout, experiment, hourMs, purchase, startAt } from '../test/support/simulated-shop.ts'
import {
  type SimulatedStack,
  type SimulatedState,
  simulatedToken,
  startSimulatedStack,
} from '../test/support/simulated-stack.ts'
import { randomFrom } from '../test/simulate/random.ts'
import { readConfiguration } from './configuration.ts'
import { toText } from './print.ts'
import type { RunEvent } from './run-event.ts'
import { runBatch } from './run.ts'

interface User {
  readonly variationId: string
  /** Values of purchases after the exposure, and before it. */
  readonly bought: readonly number[]
  readonly before: readonly number[]
  readonly sessions: number
}

/** Seeded. Who buys much bought much before; of the green ones, more buy. */
function usersOf(count: number, greenRate = 0.6): User[] {
  const random = randomFrom(17)
  return Array.from({ length: count }, (_, i) => {
    const variationId = i % 2 === 0 ? 'control' : 'green'
    const taste = random.normal()
    const value = () => Math.round(1_000 * Math.exp(taste + 0.5 * random.normal())) / 100
    const rate = variationId === 'green' ? greenRate : 0.4
    return {
      variationId,
      bought: Array.from({ length: random.binomial(3, rate / 2) }, value),
      before: Array.from({ length: random.binomial(3, 0.8) }, value),
      sessions: 1 + random.poisson(2),
    }
  })
}

const dayMs = 24 * hourMs

function recordsOf(users: readonly User[]): EventRecord[] {
  return users.flatMap(({ variationId, bought, before, sessions }, i) => {
    const at = startAt + i * 1_000
    const common = {
      v: 1 as const,
      environmentId: 'demo',
      protocol: 'bucketeer' as const,
      sdk: '',
      targetingKey: `user-${i}`,
      attributes: {},
    }
    const event = (name: string, when: number, value: number, k: string): EventRecord => ({
      ...common,
      kind: 'tracking',
      id: `user-${i}-${name}-${k}`,
      at: when,
      receivedAt: when,
      event: name,
      value,
    })
    const split = { flagKey: 'checkout', flagVersion: 1, variationId, ruleId: 'split' }
    const saw = { ...common, kind: 'exposure' as const, id: `user-${i}-saw`, at, receivedAt: at, ...split }
    return [
      saw,
      ...bought.map((value, k) => event('bought', at + (k + 1) * hourMs, value, String(k))),
      ...before.map((value, k) => event('bought', at - (k + 1) * dayMs, value, `before-${k}`)),
      ...Array.from({ length: sessions }, (_, k) => event('session', at + k * 60_000, 7, String(k))),
    ]
  })
}

let cacheFolder = ''
let stack: SimulatedStack | undefined
beforeEach(() => {
  cacheFolder = mkdtempSync(path.join(os.tmpdir(), 'tackline-run-'))
})
afterEach(async () => {
  await stack?.close()
  rmSync(cacheFolder, { recursive: true })
})

async function run(state: Partial<SimulatedState>, now = startAt + 2 * dayMs) {
  await stack?.close()
  stack = await startSimulatedStack({ flags: [checkout], ...state })
  const variables = {
    TACKLINE_URL: stack.url,
    TACKLINE_TOKEN: simulatedToken,
    TACKLINE_LAKE_CACHE: cacheFolder,
  }
  const configuration = readConfiguration(variables, undefined)
  if (!configuration.ok) throw new Error(configuration.problem.message)
  const events: RunEvent[] = []
  await runBatch(
    {
      work: 'experiments',
      environmentId: undefined,
      engine: 'exact',
      isDryRun: false,
      isRecount: false,
      lakeOrder: undefined,
    },
    { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
  )
  const results = stack.posts.map(({ body }) => ExperimentResult.parse(body))
  return { events, results, text: events.map(toText).join('\n') }
}

const plan = 4_000
const design = { minimumDays: 0, usersPlanned: plan }

/** The result of one goal; it must be one that the admin API takes. */
async function resultOf(metric: GoalMetric, users: readonly User[], changes = {}) {
  const one = experiment({ design: { ...design, ...changes } })
  const goal = { ...purchase, metric }
  const { results, text, events } = await run({
    goals: [goal],
    experiments: [one],
    records: recordsOf(users),
  })
  const [result] = results
  if (!result) throw new Error(JSON.stringify(events))
  expect(resultProblems(StoredResult.parse(result), one)).toEqual([])
  return { result, text, green: result.comparisons![0]! }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const spread = (values: readonly number[], others = values) => {
  const [centre, other] = [mean(values), mean(others)]
  return mean(values.map((value, i) => (value - centre) * (others[i]! - other)))
}
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
/** r* at 5 %, from the reference. */
const mixture = 8.211968062068253

/** The sequence of b - a, with the pooled variance, as docs/statistics.md has it. */
function expectedSequence(a: readonly number[], b: readonly number[], users: number) {
  const pooled = (a.length * spread(a) + b.length * spread(b)) / (a.length + b.length)
  const variance = pooled * (1 / a.length + 1 / b.length)
  const ratio = (mixture * users) / plan
  const half = Math.sqrt(variance * (1 + 1 / ratio) * (Math.log(1 + ratio) + 2 * Math.log(20)))
  const estimate = mean(b) - mean(a)
  const evidence = ((estimate ** 2 / variance) * ratio) / (2 * (1 + ratio)) - Math.log(1 + ratio) / 2
  return { estimate, low: estimate - half, high: estimate + half, evidence, pooled }
}

function expectSame(
  { difference, evidence }: NonNullable<ExperimentResult['comparisons']>[number],
  expected: ReturnType<typeof expectedSequence>,
) {
  expect(difference!.estimate).toBeCloseTo(expected.estimate, 9)
  expect(difference!.low).toBeCloseTo(expected.low, 8)
  expect(difference!.high).toBeCloseTo(expected.high!, 8)
  expect(evidence).toBeCloseTo(expected.evidence, 8)
}

describe.skipIf(!hasChdb)('a goal with a metric', () => {
  const users = usersOf(1_600)
  const of = (variationId: string) => users.filter((user) => user.variationId === variationId)
  const [control, green] = [of('control'), of('green')]

  it('compares capped values, adjusted by what users did before', async () => {
    const cap = 40
    const { result, green: comparison, text } = await resultOf({ kind: 'value', cap }, users)
    const capped = (values: readonly number[]) => Math.min(cap, sum(values))
    const all = [...control, ...green]
    const [y, x] = [all.map(({ bought }) => capped(bought)), all.map(({ before }) => capped(before))]
    const theta = spread(y, x) / spread(x)
    const adjusted = (some: readonly User[]) =>
      some.map(({ bought, before }) => capped(bought) - theta * (capped(before) - mean(x)))
    const [a, b] = [adjusted(control), adjusted(green)]
    expectSame(comparison, expectedSequence(a, b, users.length))

    const { definition, adjustment, event } = result.metric!
    expect({ definition, event }).toEqual({ definition: { kind: 'value', cap }, event: 'bought' })
    const rhoSquared = spread(y, x) ** 2 / (spread(x) * spread(y))
    expect(adjustment!.theta).toBeCloseTo(theta, 10)
    expect(adjustment!.rhoSquared).toBeCloseTo(rhoSquared, 10)
    expect(rhoSquared).toBeGreaterThan(0.1)
    expect(Math.abs(adjustment!.varianceLeft - (1 - rhoSquared))).toBeLessThan(0.02)

    const own = result.variations.find(({ variationId }) => variationId === 'green')!
    expect(own.value!.observed).toBeCloseTo(mean(green.map(({ bought }) => capped(bought))), 9)
    expect(own.value!.uncapped).toBeCloseTo(mean(green.map(({ bought }) => sum(bought))), 9)
    expect(own.value!.posterior!.mean).toBeCloseTo(mean(b), 9)
    const { pooled } = expectedSequence(a, b, users.length)
    expect(own.value!.posterior!.sd).toBeCloseTo(Math.sqrt(pooled / b.length), 9)
    expect(own).toMatchObject({ users: green.length, rate: null })
    expect(own.conversions).toBe(green.filter(({ bought }) => bought.length > 0).length)
    expect(result.verdict).toMatchObject({ kind: 'winner', variationId: 'green' })
    expect(result.health.status).toBe('green')

    const ordered = users.map(({ bought }) => sum(bought)).toSorted((p, q) => p - q)
    const place = 0.995 * (ordered.length - 1)
    const below = ordered[Math.floor(place)]!
    const high = below + (place % 1) * (ordered[Math.ceil(place)]! - below)
    expect(result.metric!.high).toBeCloseTo(high, 6)

    expect(text).toMatch(/value per user/)
    expect(text).toMatch(/green .*, better/)
    expect(text).toMatch(/at most 40/)
  })

  it('compares how often users did it', async () => {
    const { green: comparison } = await resultOf({ kind: 'count', priorDays: 0 }, users)
    const [a, b] = [control, green].map((some) => some.map(({ bought }) => bought.length))
    expectSame(comparison, expectedSequence(a!, b!, users.length))
  })

  it('compares ratios with users as units', async () => {
    const denominator = { event: 'session', sum: 'count' } as const
    const { result, green: comparison } = await resultOf({ kind: 'ratio', sum: 'count', denominator }, users)
    const linear = (some: readonly User[]) => {
      const ratio = sum(some.map(({ bought }) => bought.length)) / sum(some.map(({ sessions }) => sessions))
      const centre = mean(some.map(({ sessions }) => sessions))
      return some.map(({ bought, sessions }) => (bought.length - ratio * sessions) / centre + ratio)
    }
    expectSame(comparison, expectedSequence(linear(control), linear(green), users.length))
    const own = result.variations.find(({ variationId }) => variationId === 'control')!
    const orders = sum(control.map(({ bought }) => bought.length))
    expect(own.value!.observed).toBeCloseTo(orders / sum(control.map(({ sessions }) => sessions)), 12)
  })

  it('shows values per converting user, and decides nothing by them', async () => {
    const { result, green: comparison } = await resultOf({ kind: 'value-per-converter' }, users)
    const paid = (some: readonly User[]) =>
      some.filter(({ bought }) => bought.length > 0).map(({ bought }) => sum(bought))
    expectSame(comparison, expectedSequence(paid(control), paid(green), users.length))
    expect(result.metric!.notes.join(' ')).toContain('no randomised comparison')
    expect(result.verdict).toMatchObject({ kind: 'undecided' })
    expect((result.verdict as { reason: string }).reason).toContain('no randomised comparison')
  })

  it('counts conversions within a window, of users whose exposure is old enough', async () => {
    const metric = { kind: 'conversion', windowDays: 1.5 / 24, minimumAgeDays: 2 - 800 / 86_400 } as const
    const { result } = await resultOf(metric, users)
    // A user arrives each second, and buys after one, two and three hours.
    const old = users.slice(0, 800)
    for (const { variationId, users: seen, conversions, rate } of result.variations) {
      const own = old.filter((user) => user.variationId === variationId)
      expect({ seen, conversions }).toEqual({
        seen: own.length,
        conversions: own.filter(({ bought }) => bought.length > 0).length,
      })
      expect(rate).not.toBeNull()
    }
    expect(result.metric?.definition).toEqual(metric)
  })

  it('is decided at a fixed horizon too, and names no more than one that is equal', async () => {
    const changes = { decision: 'fixed-horizon' as const }
    const { result, green: comparison } = await resultOf({ kind: 'value', cap: 40 }, users, changes)
    expect(comparison.horizon!.information).toBeCloseTo((control.length * green.length) / users.length, 6)
    const { low, estimate, high } = comparison.difference!
    expect(estimate - low).toBeCloseTo(high! - estimate, 9)
    expect(result.decision?.kind).toBe('fixed-horizon')
    const alike = await resultOf({ kind: 'value', cap: 40 }, usersOf(1_600, 0.4), changes)
    expect(alike.green.outcome).toBe('open')
  })

  it('lets the primary goal decide, and corrects the others for their number', async () => {
    const goals = [
      { ...purchase, metric: { kind: 'value', cap: 40 } as const },
      { ...purchase, key: 'orders', metric: { kind: 'count' } as const },
      { ...purchase, key: 'buyers' },
    ]
    const one = experiment({ goalKeys: ['purchase', 'orders', 'buyers'], design })
    const { results } = await run({ goals, experiments: [one], records: recordsOf(users) })
    expect(results.map(({ goalKey, verdict }) => [goalKey, verdict.kind])).toEqual([
      ['purchase', 'winner'],
      ['orders', 'secondary'],
      ['buyers', 'secondary'],
    ])
    expect(results[1]!.verdict).toMatchObject({ better: ['green'] })
  })

  it('gives an equal result for equal events', async () => {
    const first = await resultOf({ kind: 'value' }, users)
    const second = await resultOf({ kind: 'value' }, users.slice())
    expect(second.result).toEqual(first.result)
  })
})

describe.skipIf(!hasChdb)('a goal with a metric names why there is no answer', () => {
  const value = { kind: 'value' } as const
  const users = usersOf(600)
  const cases: [string, GoalMetric, readonly User[], RegExp][] = [
    ['a goal nobody sent', value, users.map((user) => ({ ...user, bought: [] })), /nobody reached the goal/],
    [
      'too few who reached it',
      value,
      users.map((user, i) => ({ ...user, bought: i < 100 ? [5] : [] })),
      /50 users of control reached the goal; 100 are needed/,
    ],
    [
      'no variance',
      { kind: 'count', priorDays: 0 },
      users.map((user) => ({ ...user, bought: [1] })),
      /all values are equal/,
    ],
    [
      'what is too large to be added up',
      value,
      users.map((user, i) => ({ ...user, bought: i === 0 ? [1e308, 1e308] : [5] })),
      /in control, values are not finite or too large/,
    ],
    [
      'a denominator nobody sent',
      { kind: 'ratio', sum: 'count', denominator: { event: 'visit', sum: 'count' } },
      users,
      /no events of the denominator/,
    ],
    [
      'an empty arm',
      value,
      users.filter(({ variationId }) => variationId === 'control'),
      /green has 0 users/,
    ],
    [
      'users who are all too young',
      { kind: 'count', minimumAgeDays: 80 },
      users,
      /has 0 users; 100 are needed/,
    ],
  ]
  it.each(cases)('%s', async (_, metric, some, reason) => {
    const { result, green, text } = await resultOf(metric, some)
    expect(green).toMatchObject({ outcome: 'not-measured', difference: null, relative: null, evidence: null })
    expect(green.reason).toMatch(reason)
    for (const { probabilityBest, expectedLoss, rate } of result.variations)
      expect([probabilityBest, expectedLoss, rate]).toEqual([null, null, null])
    expect(['too-early', 'withheld']).toContain(result.verdict.kind)
    expect(text).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('nobody exposed', async () => {
    const { events, results } = await run({
      goals: [{ ...purchase, metric: value }],
      experiments: [experiment()],
      records: [],
    })
    expect(events.map(({ kind }) => kind)).toContain('no-events')
    expect(results).toEqual([])
  })

  it('a metric that a later release knows; the other goals go on', async () => {
    const goals = [
      { ...purchase, metric: { kind: 'median' } as never },
      { ...purchase, key: 'buyers' },
    ]
    const one = experiment({ goalKeys: ['purchase', 'buyers'], design })
    const { events, results } = await run({ goals, experiments: [one], records: recordsOf(users) })
    const failed = events.find(({ kind }) => kind === 'failed')
    expect(JSON.stringify(failed)).toContain('unknown to this release')
    expect(results.map(({ goalKey }) => goalKey)).toEqual(['buyers'])
  })

  it('a metric that was changed under its results, which stand', async () => {
    const { result } = await resultOf({ kind: 'value', cap: 40 }, users)
    const state = { experiments: [experiment({ design })], records: recordsOf(users), results: [result] }
    const same = await run({ ...state, goals: [{ ...purchase, metric: { kind: 'value', cap: 40 } }] })
    expect(same.results).toHaveLength(1)
    const other = await run({ ...state, goals: [{ ...purchase, metric: { kind: 'value', cap: 50 } }] })
    expect(other.results).toEqual([])
    expect(other.text).toContain('start a new phase')
  })
})
