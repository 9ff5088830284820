// Results in D1: a run writes a row only if it found something new.
import { env as bindings } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { StoredResult } from '../../core/model/stored-result.ts'
import { openDatabase } from './database.ts'
import { listResults, storeResult } from './experiment-results.ts'

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
    (await listResults(database, 'demo', 'button', 50)).map(({ goalKey, computedAt }) => [
      goalKey,
      computedAt / 3_600_000,
    ])
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
