// Results in D1: a run writes a row only if it found something new.
import { env as bindings } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { StoredResult } from '../../core/model/stored-result.ts'
import { openDatabase } from './database.ts'
import { listResults, newestResults, storeResult } from './experiment-results.ts'

const { DB } = bindings as unknown as { DB: D1Database }

const result = (hour: number, users: number, goalKey = 'purchase'): StoredResult => ({
  goalKey,
  baselineVariationId: 'on',
  computedAt: hour * 3_600_000,
  window: { from: 0, to: hour * 3_600_000 },
  inputHash: String(users % 10).repeat(64),
  prior: { alpha: 1, beta: 1 },
  engine: { kind: 'exact', method: 'quadrature' },
  variations: [
    {
      variationId: 'on',
      users,
      conversions: 0,
      rate: { mean: 0, sd: 0, q025: 0, median: 0, q975: 0 },
      probabilityBest: 1,
      probabilityBeatsBaseline: 0,
      expectedLoss: 0,
      uplift: null,
    },
  ],
  health: { status: 'green', checks: [] },
  verdict: { kind: 'undecided', reason: 'There is only one variation.' },
})

it('stores a result only if it says something new about its goal', async () => {
  const database = openDatabase(DB)
  const hours = async () =>
    (await listResults(database, { environmentId: 'demo', experimentId: 'button', limit: 50 })).map(
      ({ goalKey, computedAt }) => [goalKey, computedAt / 3_600_000],
    )
  const store = (each: StoredResult) => storeResult(database, 'demo', 'button', each)
  for (const each of [result(1, 10), result(2, 10), result(3, 10)]) await store(each)
  expect(await hours()).toEqual([['purchase', 1]])
  for (const each of [result(4, 11), result(5, 10, 'other'), result(6, 11), result(7, 10)]) await store(each)
  expect(await hours()).toEqual([
    ['purchase', 7], // as at first, but not as before
    ['other', 5],
    ['purchase', 4],
    ['purchase', 1],
  ])
  await store({ ...result(8, 10), health: { status: 'red', checks: [] } })
  await store({ ...result(9, 10), window: { from: 1, to: 2 }, health: { status: 'red', checks: [] } })
  expect((await hours()).slice(0, 2)).toEqual([
    ['purchase', 9],
    ['purchase', 8],
  ])
})

it('does not store a result anew in which only the countdown has moved', async () => {
  const database = openDatabase(DB)
  const list = { environmentId: 'demo', experimentId: 'countdown', limit: 50 }
  const waiting = (hour: number, moreDays: number, outcome: 'open' | 'better' = 'open'): StoredResult => ({
    ...result(hour, 10),
    statistics: '2',
    comparisons: [
      {
        variationId: 'new',
        outcome,
        difference: null,
        relative: null,
        cautious: null,
        evidence: null,
        moreDays,
      },
    ],
    verdict: { kind: 'undecided', reason: `Keep running: about ${moreDays} days more.`, moreDays },
  })
  for (const each of [waiting(1, 9), waiting(2, 8), waiting(3, 8, 'better')])
    await storeResult(database, 'demo', 'countdown', each)
  expect((await listResults(database, list)).map(({ computedAt }) => computedAt / 3_600_000)).toEqual([3, 1])
})

it('lists the results of one goal, up to a time, page by page, and the newest of each goal', async () => {
  const database = openDatabase(DB)
  const list = { environmentId: 'demo', experimentId: 'paged', limit: 50 }
  const told = (results: readonly StoredResult[]) =>
    results.map(({ goalKey, computedAt }) => `${goalKey} ${computedAt / 3_600_000}`)
  for (const each of [result(1, 1), result(1, 1, 'other'), result(2, 2), result(3, 3), result(3, 3, 'other')])
    await storeResult(database, 'demo', 'paged', each)
  const all = ['other 3', 'purchase 3', 'purchase 2', 'other 1', 'purchase 1']
  expect(told(await listResults(database, list))).toEqual(all)
  expect(told(await listResults(database, { ...list, goalKey: 'other' }))).toEqual(['other 3', 'other 1'])
  expect(told(await listResults(database, { ...list, before: 3 * 3_600_000 }))).toEqual(all.slice(2))
  const after = [3 * 3_600_000, 'other'] as const
  expect(told(await listResults(database, { ...list, after, limit: 2 }))).toEqual(all.slice(1, 3))
  expect(told(await newestResults(database, 'demo', 'paged'))).toEqual(['other 3', 'purchase 3'])
})
