// Results of experiments through the admin API, in workerd: what is stored, listed, refused, and what becomes
// of them when their experiment goes.
import { strFromU8, unzipSync } from 'fflate'
import { beforeAll, describe, expect, it } from 'vitest'
import { authorization, call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { host, worker } from '../../../test/support/control-plane.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

const hourMs = 3_600_000
const shares = [
  { variationId: 'on', weight: 50_000 },
  { variationId: 'off', weight: 50_000 },
]
const experimentDraft = {
  id: 'button',
  flagKey: 'base',
  goalKeys: ['purchase', 'visit'],
  baselineVariationId: 'off',
}

/** The path of an experiment that runs. */
async function experiment(): Promise<string> {
  const path = await environment()
  await call('POST', `${path}/flags`, {
    ...draft('base'),
    defaultStrategy: { strategy: { kind: 'rollout', shares } },
  })
  await call('POST', `${path}/goals`, { key: 'purchase' })
  await call('POST', `${path}/goals`, { key: 'visit' })
  expect((await call('POST', `${path}/experiments`, experimentDraft)).status).toBe(201)
  return `${path}/experiments/button`
}

const rate = { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 }
const variation = (variationId: string, users: number, probabilityBest: number) => ({
  variationId,
  users,
  conversions: 10,
  rate,
  probabilityBest,
  probabilityBeatsBaseline: probabilityBest,
  expectedLoss: 0,
  uplift: null,
})
const result = (hour = 1, more: object = {}) => ({
  goalKey: 'purchase',
  baselineVariationId: 'off',
  computedAt: hour * hourMs,
  window: { from: 0, to: hour * hourMs },
  inputHash: String(hour % 10).repeat(64),
  prior: { alpha: 0.5, beta: 0.5 },
  engine: { kind: 'exact', method: 'beta-binomial quadrature' },
  variations: [variation('off', 100, 0.25), variation('on', 100, 0.75)],
  health: { status: 'green', checks: [] },
  verdict: { kind: 'undecided', reason: 'Keep running.' },
  ...more,
})
const winner = { kind: 'winner', variationId: 'on', probabilityBest: 0.75, expectedLoss: 0 }

describe('results', () => {
  it('are listed by goal, by day and in pages, newest first', async () => {
    const one = await experiment()
    const days = [1, 2, 3].map((day) => day * 24 + 1)
    for (const hour of days) {
      expect((await call('POST', `${one}/results`, result(hour))).status).toBe(201)
      await call('POST', `${one}/results`, result(hour, { goalKey: 'visit' }))
    }
    const listed = async (query: string) => {
      const { body } = await call('GET', `${one}/results?${query}`)
      const results = body.results as { goalKey: string; computedAt: number }[]
      return { ...body, results: results.map((each) => `${each.goalKey} ${each.computedAt / hourMs}`) }
    }
    expect((await listed('goalKey=visit')).results).toEqual(['visit 73', 'visit 49', 'visit 25'])
    expect((await listed('goalKey=visit&asOf=1970-01-03')).results).toEqual(['visit 49', 'visit 25'])
    expect((await listed('newest=true')).results).toEqual(['purchase 73', 'visit 73'])
    const pages: string[][] = []
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: any = await listed(`limit=4${cursor && `&cursor=${cursor}`}`)
      pages.push(page.results)
      cursor = page.nextCursor
    }
    expect(pages).toEqual([
      ['purchase 73', 'visit 73', 'purchase 49', 'visit 49'],
      ['purchase 25', 'visit 25'],
    ])
  })

  it('give the newest verdict of each experiment’s primary goal', async () => {
    const one = await experiment()
    const environmentPath = one.replace('/experiments/button', '')
    const verdicts = async () => (await call('GET', `${environmentPath}/verdicts`)).body.verdicts
    expect(await verdicts()).toEqual([])
    await call('POST', `${one}/results`, result(2, { role: 'primary' }))
    await call('POST', `${one}/results`, result(3, { role: 'primary', verdict: winner }))
    await call('POST', `${one}/results`, result(4, { goalKey: 'visit', role: 'secondary' }))
    expect(await verdicts()).toMatchObject([
      { experimentId: 'button', result: { goalKey: 'purchase', computedAt: 3 * hourMs, verdict: winner } },
    ])
  })

  it('are stored once', async () => {
    const one = await experiment()
    for (const hour of [1, 2])
      await call('POST', `${one}/results`, result(hour, { inputHash: 'a'.repeat(64) }))
    expect((await call('GET', `${one}/results`)).body.results).toHaveLength(1)
  })

  it('of an experiment that does not exist are not found', async () => {
    const path = await environment()
    expect((await call('GET', `${path}/experiments/nothing/results`)).status).toBe(404)
    expect((await call('POST', `${path}/experiments/nothing/results`, result())).status).toBe(404)
  })

  it('go with their experiment, and do not show under a new one of the same id', async () => {
    const one = await experiment()
    await call('POST', `${one}/results`, result())
    await call('POST', `${one}/stop`)
    expect((await call('DELETE', one)).status).toBe(200)
    expect((await call('GET', `${one}/results`)).status).toBe(404)
    const again = await call('POST', one.replace('/button', ''), experimentDraft)
    expect(again.status).toBe(201)
    expect((await call('GET', `${one}/results`)).body.results).toEqual([])
  })

  const red = { status: 'red', checks: [{ name: 'sample-ratio', status: 'failed', detail: 'Off.' }] }
  const comparison = {
    variationId: 'on',
    outcome: 'open',
    difference: null,
    relative: null,
    cautious: null,
    evidence: null,
    moreDays: null,
  }
  it.each([
    ['a winner although health is red', { health: red, verdict: winner }, 'verdict.kind'],
    [
      'a green health with a failed check',
      { health: { ...red, status: 'green' }, verdict: winner },
      'health.status',
    ],
    ['a winner that is not there', { verdict: { ...winner, variationId: 'blue' } }, 'verdict'],
    [
      'a winner with another probability',
      { verdict: { ...winner, probabilityBest: 0.99 } },
      'verdict.probabilityBest',
    ],
    ['a winner whose comparison is open', { verdict: winner, comparisons: [comparison] }, 'verdict'],
    [
      'a winner compared to nobody',
      {
        verdict: winner,
        variations: [{ ...variation('off', 0, 0.25), conversions: 0 }, variation('on', 99, 0.75)],
      },
      'verdict',
    ],
    [
      'more conversions than users',
      { variations: [variation('off', 9, 0.25), variation('on', 100, 0.75)] },
      'variations.0.conversions',
    ],
    [
      'probabilities that do not sum to 1',
      { variations: [variation('off', 99, 0.9), variation('on', 99, 0.9)] },
      'variations',
    ],
    [
      'a probability above 1',
      { variations: [variation('off', 99, 0), variation('on', 99, 1.5)] },
      'variations.1.probabilityBest',
    ],
    [
      'a variation twice',
      { variations: [variation('off', 99, 0.5), variation('off', 99, 0.5)] },
      'variations',
    ],
    [
      'quantiles out of order',
      {
        variations: [
          { ...variation('off', 99, 0.25), rate: { ...rate, q975: 0.01 } },
          variation('on', 99, 0.75),
        ],
      },
      'variations.0.rate',
    ],
    ['a goal of another experiment', { goalKey: 'other' }, 'goalKey'],
    ['another baseline', { baselineVariationId: 'on' }, 'baselineVariationId'],
    ['a window that ends after it was computed', { computedAt: 1 }, 'window.to'],
  ])('are refused with %s', async (_, more, field) => {
    const one = await experiment()
    const { status, body } = await call('POST', `${one}/results`, result(1, more))
    expect(status).toBe(400)
    expect((body.errors as { path: string }[]).map(({ path }) => path)).toContain(field)
    expect((await call('GET', `${one}/results`)).body.results).toEqual([])
  })

  it('of an A/A test name no winner', async () => {
    const path = await environment()
    const aa = draft('base')
    const variations = aa.variations.map((each) => ({ ...each, value: 'true' }))
    const defaultStrategy = { strategy: { kind: 'rollout', shares } }
    await call('POST', `${path}/flags`, { ...aa, variations, defaultStrategy })
    await call('POST', `${path}/goals`, { key: 'purchase' })
    const aaDraft = { ...experimentDraft, goalKeys: ['purchase'], design: { aa: true } }
    expect((await call('POST', `${path}/experiments`, aaDraft)).status).toBe(201)
    const one = `${path}/experiments/button/results`
    expect(await call('POST', one, result(1, { verdict: winner }))).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'verdict.kind' }] },
    })
    const sound = { kind: 'sound', reason: 'No difference is shown where there is none, with 200 users.' }
    expect((await call('POST', one, result(1, { verdict: sound }))).status).toBe(201)
  })

  it('may name a winner that was measured', async () => {
    const one = await experiment()
    const comparisons = [{ ...comparison, outcome: 'better' }]
    expect((await call('POST', `${one}/results`, result(1, { verdict: winner, comparisons }))).status).toBe(
      201,
    )
  })

  it('have a design that is fixed when the experiment is made', async () => {
    const one = await experiment()
    expect((await call('PATCH', one, { design: { minimumDays: 0 } })).status).toBe(409)
  })

  it('are downloaded as one file, with a figure and how to compute them again', async () => {
    const path = await experiment()
    const comparisons = [
      {
        variationId: 'on',
        outcome: 'open',
        difference: { estimate: 0.01, low: -0.01, high: null },
        relative: { estimate: 0.1, low: -0.1, high: null },
        cautious: null,
        evidence: 1,
        moreDays: 3,
      },
    ]
    expect((await call('POST', `${path}/results`, result(1, { comparisons }))).status).toBe(201)
    const answer = await worker.fetch(`${host}/api/v1${path}/results/purchase/bundle`, {
      headers: { authorization },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="button-purchase-19700101T010000Z.zip"',
    )
    const files = unzipSync(new Uint8Array(await answer.arrayBuffer()))
    expect(Object.keys(files).toSorted()).toEqual([
      'README.md',
      'comparisons.csv',
      'figure.svg',
      'result.json',
      'variations.csv',
    ])
    expect(strFromU8(files['README.md']!)).toContain('did not store what it was computed from')
    for (const other of ['visit/bundle', 'purchase/bundle?computedAt=7'])
      expect((await call('GET', `${path}/results/${other}`)).status).toBe(404)
  })
})
