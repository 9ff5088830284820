// What is asked together has the counts that each has alone: over any records with aliases, copies and late
// ones, through the lake's own windows. Experiments and operations are held by plain loops, several at a time
// (kept-counts.test.ts, analytics/sql). Real ClickHouse.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { DynamicAllocation } from '../../core/model/dynamic-allocation.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { anyQuestion, countableRecords } from '../../test/support/countable-records.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { lakeCache } from '../lake/cache.ts'
import { s3Store } from '../lake/s3.ts'
import { allocationCounts } from './allocation-counts.ts'
import { holdoutCounts } from './holdout-counts.ts'
import { overlapCounts } from './overlap-counts.ts'
import { openProjections } from './projections.ts'
import { projectedRecords } from './projected-records.ts'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 900_000 })

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeAll(async () => {
  lake = await startSimulatedLake()
})
afterAll(() => lake.close())

const halfDayMs = 43_200_000
const firstMs = Date.UTC(2026, 10, 1)
/** Half a day for each millisecond, because links and copies are looked for a day before. */
const spread = (time: number) => firstMs + (time - 1000) * halfDayMs
const now = spread(1020)

/** The lake has these records only, and nothing is kept. */
function options(records: readonly EventRecord[]) {
  lake.bucket.objects.clear()
  lake.add(records.map((each) => ({ ...each, at: spread(each.at), receivedAt: spread(each.receivedAt) })))
  const root = lake.newFolder()
  const { clickHouse } = lake
  const readerOf = () => projectedRecords(clickHouse, openProjections(clickHouse, `${root}/projections`))
  return {
    clickHouse,
    readerOf,
    lake: lakeCache(s3Store(lake.s3), root, now),
    root,
    now,
    recount: 'never' as const,
  }
}

type Ways<Item> = (records: readonly EventRecord[], asked: readonly Item[]) => Promise<readonly unknown[]>

const together = <Item>(count: Ways<Item>, items: readonly Item[]) =>
  fc.assert(
    fc.asyncProperty(countableRecords, async (records) => {
      const alone: unknown[] = []
      for (const item of items) alone.push(...(await count(records, [item])))
      expect(await count(records, items)).toEqual(alone)
    }),
    { numRuns: scaled(3) },
  )

const valueOf = <T>(result: { ok: true; value: T } | { ok: false; problem: { message: string } }): T => {
  if (!result.ok) throw new Error(result.problem.message)
  return result.value
}

describe.skipIf(!hasChdb)('what is asked together has the counts that each has alone', () => {
  it('pairs of experiments', () => {
    const at = (flagKey: string, start: number, end: number) => ({
      ...anyQuestion,
      flagKey,
      rule: 'split',
      start: spread(start),
      end: spread(end),
      events: ['bought'],
    })
    const questions = [at('checkout', 1000, 1006), at('search', 1003, 1010), at('checkout', 1006, 1012)]
    return together<readonly [number, number]>(
      async (records, pairs) => {
        const rows = valueOf(await overlapCounts(options(records)).count('demo', { questions, pairs }))
        return pairs.map(([x, y]) => rows.filter((row) => row.x === x && row.y === y))
      },
      [
        [1, 2],
        [2, 3],
      ],
    )
  })

  it('holdouts', () => {
    const holdout = (id: string, since: number, ruleId = 'split') => ({
      holdout: {
        id,
        held: [{ flagKey: 'checkout', ruleId, since: spread(since) }],
        startAt: spread(since),
        stopAt: spread(since + 8),
      },
      events: ['bought', 'visited'],
    })
    return together(
      async (records, asked) => valueOf(await holdoutCounts(options(records)).count('demo', asked)),
      [holdout('a', 998), holdout('b', 1003), holdout('c', 1006)],
    )
  })

  it('dynamic allocations', () => {
    const allocation = (start: number) => ({
      allocation: DynamicAllocation.parse({
        id: 'a',
        flagKey: 'checkout',
        ruleId: 'split',
        goalKey: 'bought',
        delayMs: 3 * halfDayMs,
        arms: ['on', 'off'],
        status: 'running',
        version: 1,
        createdAt: 0,
        updatedAt: 0,
        phases: [start, start + 3].map((each) => ({ startAt: spread(each), weights: { on: 1, off: 1 } })),
      }),
      event: 'bought',
    })
    return together(
      async (records, asked) => valueOf(await allocationCounts(options(records)).count('demo', asked, now)),
      [allocation(998), allocation(1003), allocation(1006)],
    )
  })
})
