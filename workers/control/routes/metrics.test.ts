// Goals with a metric through the admin API, in workerd: what is stored and refused, what a running
// experiment holds fast, and results about values.
import { beforeAll, describe, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

const shares = [
  { variationId: 'on', weight: 50_000 },
  { variationId: 'off', weight: 50_000 },
]
const revenue = { kind: 'value', cap: 200 }
const experimentDraft = {
  id: 'button',
  flagKey: 'base',
  goalKeys: ['revenue'],
  baselineVariationId: 'off',
}

/** An environment with a flag, and a goal with a metric. */
async function prepared(metric: object = revenue) {
  const path = await environment()
  const flag = { ...draft('base'), enabled: true }
  await call('POST', `${path}/flags`, { ...flag, defaultStrategy: { strategy: { kind: 'rollout', shares } } })
  const goal = await call('POST', `${path}/goals`, { key: 'revenue', event: 'bought', metric })
  expect(goal.status).toBe(201)
  return path
}

describe('a goal', () => {
  it.each([
    [{ kind: 'conversion', windowDays: 7 }],
    [{ kind: 'count', cap: 20, priorDays: 0 }],
    [{ kind: 'value', cap: 199.5, priorDays: 28, windowDays: 7, minimumAgeDays: 7 }],
    [{ kind: 'value-per-converter' }],
    [{ kind: 'ratio', sum: 'count', denominator: { event: 'session', sum: 'count' } }],
  ])('takes the metric %j', async (metric) => {
    const path = await prepared(metric)
    expect((await call('GET', `${path}/goals/revenue`)).body).toMatchObject({ metric })
  })

  it('fills in what a ratio sums up', async () => {
    const path = await prepared({ kind: 'ratio', denominator: { event: 'order' } })
    expect((await call('GET', `${path}/goals/revenue`)).body).toMatchObject({
      metric: { sum: 'value', denominator: { event: 'order', sum: 'count' } },
    })
  })

  it.each<[object, string]>([
    [{ kind: 'median' }, 'metric.kind'],
    [{ kind: 'value', cap: 0 }, 'metric.cap'],
    [{ kind: 'value', cap: 1e16 }, 'metric.cap'],
    [{ kind: 'value', windowDays: 0 }, 'metric.windowDays'],
    [{ kind: 'value', priorDays: 91 }, 'metric.priorDays'],
    [{ kind: 'ratio' }, 'metric.denominator'],
    [{ kind: 'ratio', denominator: { event: '' } }, 'metric.denominator.event'],
    [{ kind: 'value-per-converter', priorDays: 14 }, 'metric.priorDays'],
    [{ kind: 'conversion', cap: 3 }, 'metric.cap'],
  ])('refuses the metric %j', async (metric, field) => {
    const path = await environment()
    const { status, body } = await call('POST', `${path}/goals`, { key: 'revenue', metric })
    expect(status).toBe(400)
    expect((body.errors as { path: string }[]).map((error) => error.path)).toContain(field)
  })
})

describe('a running experiment', () => {
  it('holds what is measured of its goals, and counts anew by another metric', async () => {
    const path = await prepared()
    expect((await call('POST', `${path}/experiments`, experimentDraft)).status).toBe(201)
    const goal = `${path}/goals/revenue`
    expect((await call('PATCH', goal, { version: 1, name: 'Revenue' })).status).toBe(200)
    for (const changes of [{ metric: { kind: 'value', cap: 300 } }, { event: 'paid' }]) {
      const refused = await call('PATCH', goal, { version: 2, ...changes })
      expect(refused).toMatchObject({ status: 409, body: { code: 'EXPERIMENT_RUNNING' } })
      expect(refused.body.detail).toContain('changes what is measured of goal revenue')
    }
    const changes = { version: 2, metric: { kind: 'value', cap: 300 } }
    expect((await call('PATCH', `${goal}?experiment=new-phase`, changes)).status).toBe(200)
    const { body } = await call('GET', `${path}/experiments/button`)
    expect(body.phases).toHaveLength(2)
  })

  it('is not started on values of converting users alone, and is warned of values without a cap', async () => {
    const path = await prepared({ kind: 'value-per-converter' })
    const other = { key: 'spent', event: 'bought', metric: { kind: 'value' } }
    expect((await call('POST', `${path}/goals`, other)).status).toBe(201)
    const start = async (id: string, goalKeys: string[]) => {
      await call('POST', `${path}/experiments`, { ...experimentDraft, id, goalKeys, status: 'draft' })
      const checks = await call('GET', `${path}/experiments/${id}/checks`)
      const goals = (checks.body.checks as { name: string; detail: string; status: string }[]).find(
        ({ name }) => name === 'goals',
      )
      return { goals, started: await call('POST', `${path}/experiments/${id}/start`) }
    }
    const first = await start('first', ['revenue', 'spent'])
    expect(first.goals).toMatchObject({ status: 'block', detail: expect.stringContaining('cannot decide') })
    expect(first.started.status).toBe(409)
    const second = await start('second', ['spent', 'revenue'])
    expect(second.goals).toMatchObject({ status: 'warn', detail: expect.stringContaining('metric.cap') })
    expect(second.started.status).toBe(200)
  })
})

const posterior = { mean: 5, sd: 0.5, q025: 4, median: 5, q975: 6 }
const sums = { units: 400, meanY: 5, yy: 40_000 }
const variation = (variationId: string, probabilityBest: number, more: object = {}) => ({
  variationId,
  users: 400,
  conversions: 150,
  value: { observed: 5, uncapped: 7, posterior, sums, ...more },
  rate: null,
  probabilityBest,
  probabilityBeatsBaseline: probabilityBest,
  expectedLoss: 3.2,
  uplift: null,
})
const result = (more: object = {}) => ({
  goalKey: 'revenue',
  baselineVariationId: 'off',
  computedAt: 1,
  window: { from: 0, to: 1 },
  inputHash: 'a'.repeat(64),
  engine: { kind: 'exact', method: 'normal posterior from sums, pooled variance' },
  metric: { definition: revenue, event: 'bought', high: 180, notes: [], adjustment: null },
  variations: [variation('off', 0.25), variation('on', 0.75)],
  health: { status: 'green', checks: [] },
  verdict: { kind: 'undecided', reason: 'Keep running.' },
  ...more,
})
const winner = { kind: 'winner', variationId: 'on', probabilityBest: 0.75, expectedLoss: 3.2 }
const perConverter = { kind: 'value-per-converter' }

describe('a result about values', () => {
  it('is stored, listed as it was, and tells a plan its mean and spread', async () => {
    const path = await prepared()
    await call('POST', `${path}/experiments`, experimentDraft)
    const one = `${path}/experiments/button/results`
    expect((await call('POST', one, result({ verdict: winner }))).status).toBe(201)
    const { body } = await call('GET', one)
    expect((body.results as unknown[])[0]).toMatchObject(result({ verdict: winner }))
    const asked = { goalKey: 'revenue', effect: { relative: 0.1 }, usersPerDay: 1_000 }
    const plan = await call('POST', `${path}/experiment-plan`, asked)
    expect(plan).toMatchObject({
      status: 200,
      body: { baseline: { mean: 5, sd: 10, from: 'history', experimentId: 'button', users: 400 } },
    })
    expect((plan.body.warnings as string[]).join(' ')).toContain('zeros included')
    await call('PATCH', `${path}/goals/revenue?experiment=new-phase`, {
      version: 1,
      metric: { kind: 'count' },
    })
    expect((await call('POST', `${path}/experiment-plan`, asked)).body.errors).toMatchObject([
      { path: 'mean' },
    ])
  })

  it.each<[string, object, string]>([
    [
      'more units than users',
      { variations: [variation('off', 0.25, { sums: { ...sums, units: 401 } }), variation('on', 0.75)] },
      'variations.0.value.sums.units',
    ],
    [
      'quantiles out of order',
      {
        variations: [variation('off', 0.25, { posterior: { ...posterior, q975: 1 } }), variation('on', 0.75)],
      },
      'variations.0.value.posterior',
    ],
    [
      'a probability without a posterior',
      { variations: [variation('off', 0.25, { posterior: null }), variation('on', 0.75)] },
      'variations.0.value',
    ],
    [
      'values of a goal without a metric',
      { metric: undefined, prior: { alpha: 0.5, beta: 0.5 } },
      'variations.0.value',
    ],
    ['neither a prior nor a metric', { metric: undefined }, 'prior'],
    [
      'a winner of what is no randomised comparison',
      { verdict: winner, metric: { definition: perConverter, event: 'bought', high: null, notes: [] } },
      'verdict.kind',
    ],
  ])('is refused with %s', async (_, more, field) => {
    const path = await prepared()
    await call('POST', `${path}/experiments`, experimentDraft)
    const { status, body } = await call('POST', `${path}/experiments/button/results`, result(more))
    expect(status).toBe(400)
    expect((body.errors as { path: string }[]).map((error) => error.path)).toContain(field)
  })
})
