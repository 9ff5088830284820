// Before an experiment starts, through the admin API in workerd: plans, checks, the steps of its life.
import { beforeAll, describe, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

const dayMs = 86_400_000
const shares = [
  { variationId: 'off', weight: 50_000 },
  { variationId: 'on', weight: 50_000 },
]

/** The path of an environment with a flag and two goals. */
async function prepared(): Promise<string> {
  const path = await environment()
  await call('POST', `${path}/flags`, {
    ...draft('base'),
    enabled: false,
    defaultStrategy: { strategy: { kind: 'rollout', shares } },
  })
  for (const key of ['buy', 'visit']) await call('POST', `${path}/goals`, { key })
  return path
}
const experiment = (more: object = {}) => ({
  id: 'x',
  status: 'draft',
  flagKey: 'base',
  goalKeys: ['buy'],
  baselineVariationId: 'off',
  ...more,
})
/** The entity after a change. */
const changed = async (...args: Parameters<typeof call>) => (await call(...args)).body.entity as object

const rate = { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 }
const variation = (variationId: string, probabilityBest: number) => ({
  variationId,
  users: 10_000,
  conversions: 500,
  rate,
  probabilityBest,
  probabilityBeatsBaseline: probabilityBest,
  expectedLoss: 0,
  uplift: null,
})
const computedAt = Date.now()
const result = () => ({
  goalKey: 'buy',
  baselineVariationId: 'off',
  computedAt,
  window: { from: 0, to: 1 },
  inputHash: 'a'.repeat(64),
  prior: { alpha: 0.5, beta: 0.5 },
  engine: { kind: 'exact', method: 'beta-binomial quadrature' },
  variations: [variation('off', 0.25), variation('on', 0.75)],
  health: { status: 'green', checks: [] },
  verdict: { kind: 'undecided', reason: 'Keep running.' },
})

describe('a plan', () => {
  it('counts users and days for both decisions, from what is sent', async () => {
    const path = await prepared()
    const { status, body } = await call('POST', `${path}/experiment-plan`, {
      baselineRate: 0.05,
      effect: { absolute: 0.005 },
      usersPerDay: 5_000,
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      baseline: { rate: 0.05, from: 'request' },
      usersPerDay: 5_000,
      plans: [
        { decision: 'fixed-test', users: 62_462, usersPerVariation: [31_231, 31_231], days: 13 },
        { decision: 'fixed-horizon', days: 13 },
        { decision: 'always-valid', days: 22 },
      ],
    })
  })

  it('takes the rate from the newest result of the goal', async () => {
    const path = await prepared()
    const body = { goalKey: 'buy', effect: { relative: 0.1 } }
    expect(await call('POST', `${path}/experiment-plan`, body)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'baselineRate' }] },
    })
    await call('POST', `${path}/experiments`, { ...experiment(), status: undefined })
    expect((await call('POST', `${path}/experiments/x/results`, result())).status).toBe(201)
    expect((await call('POST', `${path}/experiment-plan`, body)).body).toMatchObject({
      baseline: { rate: 0.05, from: 'history', experimentId: 'x', users: 10_000 },
      usersPerDay: null,
      warnings: [expect.stringContaining('Without the users of a day')],
    })
  })

  it.each<[string, object, string]>([
    ['neither effect nor days', { baselineRate: 0.05 }, 'effect'],
    ['both', { baselineRate: 0.05, effect: { relative: 0.1 }, days: 3 }, 'effect'],
    ['two effects', { baselineRate: 0.05, effect: { relative: 0.1, absolute: 0.1 } }, 'effect'],
    ['no effect', { baselineRate: 0.05, effect: { relative: 0 } }, 'effect'],
    ['a rate above 1', { baselineRate: 0.5, effect: { relative: 1 } }, 'effect'],
    ['an effect beyond counting', { baselineRate: 0.5, effect: { absolute: 1e-9 } }, 'effect'],
    ['a rate of 0', { baselineRate: 0, effect: { relative: 0.1 } }, 'baselineRate'],
    ['a mean without its sd', { mean: 3, effect: { relative: 0.1 } }, 'sd'],
    ['a mean of 0', { mean: 0, sd: 1, effect: { relative: 0.1 } }, 'mean'],
    ['days of unknown traffic', { baselineRate: 0.05, days: 7 }, 'usersPerDay'],
    ['days of a flag that nobody meets', { baselineRate: 0.05, days: 7, flagKey: 'base' }, 'usersPerDay'],
    ['an unknown goal', { goalKey: 'no', effect: { relative: 0.1 } }, 'goalKey'],
    ['an unknown flag', { flagKey: 'no', baselineRate: 0.1, effect: { relative: 0.1 } }, 'flagKey'],
    ['one share', { baselineRate: 0.05, effect: { relative: 0.1 }, shares: [1] }, 'shares'],
  ])('is refused with %s', async (_, body, path) => {
    const refused = await call('POST', `${await prepared()}/experiment-plan`, body)
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path }] } })
  })
})

describe('an experiment before its start', () => {
  it('is checked, edited, refused, started, stopped, archived and deleted', async () => {
    const path = await prepared()
    const one = `${path}/experiments/x`
    expect(await changed('POST', `${path}/experiments`, experiment())).toMatchObject({ status: 'draft' })
    const checks = (await call('GET', `${one}/checks`)).body as { checks: { name: string; status: string }[] }
    expect(checks).toMatchObject({ status: 'block' })
    expect(Object.fromEntries(checks.checks.map(({ name, status }) => [name, status]))).toEqual({
      flag: 'block',
      arms: 'pass',
      goals: 'pass',
      duration: 'pass',
      guardrails: 'warn',
      owner: 'warn',
      overlap: 'pass',
      'taking-part': 'pass',
      'bucketing-file': 'pass',
      exposures: 'warn',
      'goal-events': 'warn',
      history: 'pass',
      power: 'warn',
      'guardrail-power': 'pass',
    })
    expect(await call('POST', `${one}/start`)).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', errors: [{ path: 'flag', message: expect.stringContaining('is off') }] },
    })
    const changes = { goalKeys: ['visit', 'buy'], owner: 'ada', design: { minimumEffect: 0.1 } }
    expect(await changed('PATCH', one, changes)).toMatchObject(changes)
    await call('PATCH', `${path}/flags/base`, { enabled: true })
    expect((await call('GET', `${one}/checks`)).body).toMatchObject({ status: 'warn' })
    expect((await call('POST', `${one}/archive`)).status).toBe(409)
    expect(await changed('POST', `${one}/start`)).toMatchObject({
      status: 'running',
      phases: [{ weights: { off: 50_000, on: 50_000 } }],
    })
    expect((await call('PATCH', one, { design: {} })).status).toBe(409)
    expect((await call('DELETE', one)).status).toBe(409)
    expect((await call('POST', `${one}/advance`)).body).toMatchObject({
      changed: false,
      entity: { status: 'running' },
    })
    expect(await changed('POST', `${one}/stop`)).toMatchObject({ status: 'stopped' })
    expect((await call('POST', `${one}/start`)).status).toBe(409)
    expect(await changed('POST', `${one}/archive`)).toMatchObject({ status: 'archived' })
    expect((await call('DELETE', one)).status).toBe(200)
    expect((await call('GET', `${one}/checks`)).status).toBe(404)
    expect((await call('POST', `${one}/start`)).status).toBe(404)
  })

  it('fixes at its start what earlier experiments told of its goals, and keeps it', async () => {
    const path = await prepared()
    await call('POST', `${path}/experiments`, { ...experiment({ id: 'old' }), status: undefined })
    await call('POST', `${path}/experiments/old/results`, result())
    await call('PATCH', `${path}/flags/base`, { enabled: true })
    expect(await changed('POST', `${path}/experiments`, experiment())).not.toHaveProperty('history')
    const source = { experimentId: 'old', users: 10_000, conversions: 500, computedAt }
    const history = [{ goalKey: 'buy', from: source, prior: { alpha: 2, beta: 38 } }]
    const one = `${path}/experiments/x`
    expect(await changed('POST', `${one}/start`)).toMatchObject({ history })
    const later = { ...result(), computedAt: computedAt + 1, inputHash: 'b'.repeat(64) }
    const more = { ...later, variations: later.variations.map((each) => ({ ...each, conversions: 900 })) }
    await call('POST', `${path}/experiments/old/results`, more)
    const added = await call('PATCH', `${one}?experiment=new-phase`, { goalKeys: ['buy', 'visit'] })
    expect(added.body).toMatchObject({
      entity: { history: [...history, { goalKey: 'visit' }] },
    })
    expect((await call('PATCH', one, { history: [] })).status).toBe(400)
    expect((await call('GET', `${one}/checks`)).body).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'history', detail: expect.stringContaining('Beta(2, 38)') }),
      ]),
    })
  })

  it('may wait for its planned start, and is listed as waiting', async () => {
    const path = await prepared()
    const startAt = Date.now() + 3 * dayMs
    await call('POST', `${path}/experiments`, experiment({ startAt }))
    expect(await changed('POST', `${path}/experiments/x/start`)).toMatchObject({
      status: 'waiting',
      startAt,
    })
    const { body } = await call('GET', `${path}/experiments?status=waiting`)
    expect((body.experiments as { id: string }[]).map(({ id }) => id)).toEqual(['x'])
  })

  it('is warned of another one on its flag', async () => {
    const path = await prepared()
    await call('PATCH', `${path}/flags/base`, { enabled: true })
    await call('POST', `${path}/experiments`, { ...experiment({ id: 'y' }), status: undefined })
    await call('POST', `${path}/experiments`, experiment())
    const { body } = await call('GET', `${path}/experiments/x/checks`)
    expect((body as any).checks).toContainEqual({
      name: 'overlap',
      status: 'warn',
      detail: expect.stringContaining('y (the same flag)'),
    })
  })
})

describe('results of a goal that was taken off', () => {
  it('say that nobody asks for it any more', async () => {
    const path = await prepared()
    await call('POST', `${path}/experiments`, {
      ...experiment({ goalKeys: ['buy', 'visit'] }),
      status: undefined,
    })
    const one = `${path}/experiments/x`
    await call('POST', `${one}/results`, result())
    await call('POST', `${one}/results`, { ...result(), goalKey: 'visit' })
    expect(await changed('PATCH', one, { goalKeys: ['visit'] })).toMatchObject({ primaryGoalKey: 'buy' })
    const { body } = await call('GET', `${one}/results?newest=true`)
    expect(body.results).toMatchObject([{ goalKey: 'buy', noLongerAsked: true }, { goalKey: 'visit' }])
    expect((body.results as object[])[1]).not.toHaveProperty('noLongerAsked')
  })
})
