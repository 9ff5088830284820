// What holdouts and pairs of experiments have counted, kept between runs, against a count from nothing: over
// records that arrive in any order and portion, with aliases and copies. Real ClickHouse.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { shuffled } from '../../test/support/any-records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { anyQuestion, countableRecords } from '../../test/support/countable-records.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { compact } from '../jobs/compact.ts'
import { lakeCache } from '../lake/cache.ts'
import { s3Store } from '../lake/s3.ts'
import { holdoutCounts } from './holdout-counts.ts'
import { countsFile } from './kept-rows.ts'
import type { Recounting } from './kept-sums.ts'
import { overlapCounts } from './overlap-counts.ts'
import { openProjections, projectionsFolder } from './projections.ts'
import { projectedRecords } from './projected-records.ts'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 900_000 })

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeEach(async () => {
  lake = await startSimulatedLake()
})
afterEach(() => lake.close())

const hourMs = 3_600_000
const halfDayMs = 12 * hourMs
/** Half a day for each millisecond, because links and copies are looked for a day before. */
const spread = (time: number) => Date.UTC(2026, 10, 1) + (time - 1000) * halfDayMs
const spreadAll = (records: readonly EventRecord[]) =>
  records.map((each) => ({ ...each, at: spread(each.at), receivedAt: spread(each.receivedAt) }))

/** So that a change is a small part of the lake. */
const ballast = Array.from({ length: 400 }, (_, i): EventRecord[] => {
  const common = { v: 1, environmentId: 'demo', at: 1002, receivedAt: 1003, attributes: {} } as const
  const user = { protocol: 'bucketeer', sdk: '', targetingKey: `user ${i}` } as const
  const exposure = { kind: 'exposure', flagVersion: 1, variationId: 'on', ruleId: 'split' } as const
  return [
    { ...common, ...user, ...exposure, id: '1', flagKey: 'checkout' },
    { ...common, ...user, ...exposure, id: '2', flagKey: 'search' },
    { ...common, ...user, kind: 'tracking', id: '1', event: 'bought', value: 1 },
  ]
}).flat()

function options(root: string, now: number, changes: Partial<Recounting> = {}) {
  const { clickHouse } = lake
  const projections = openProjections(clickHouse, projectionsFolder(root, 'demo'))
  const readerOf = () => projectedRecords(clickHouse, projections)
  const cache = lakeCache(s3Store(lake.s3), root, now)
  return { clickHouse, readerOf, lake: cache, root, now, recount: 'never' as const, ...changes }
}

const at = (flagKey: string, start: number, end: number) => ({
  ...anyQuestion,
  flagKey,
  rule: 'split',
  start: spread(start),
  end: spread(end),
  events: ['bought'],
})
const questions = [at('checkout', 1000, 1006), at('search', 1002, 1010), at('checkout', 1001, 1012)]
const pairs = [
  [1, 2],
  [2, 3],
] as const
const holdouts = [998, 1002].map((since) => ({
  holdout: {
    id: 'h',
    held: [{ flagKey: 'checkout', ruleId: 'split', since: spread(since) }],
    startAt: spread(since),
    stopAt: spread(since + 8),
  },
  events: ['bought', 'visited'],
}))

const ways = {
  overlaps: (asked: ReturnType<typeof options>) => overlapCounts(asked).count('demo', { questions, pairs }),
  'holdout-outcomes': (asked: ReturnType<typeof options>) => holdoutCounts(asked).count('demo', holdouts),
}

describe.skipIf(!hasChdb)('what is kept between runs', () => {
  it.each(Object.entries(ways))('of %s is what a count from nothing finds', (name, count) =>
    fc.assert(
      fc.asyncProperty(countableRecords, fc.integer(), async (records, seed) => {
        await lake.close()
        lake = await startSimulatedLake()
        const found = async (asked: ReturnType<typeof options>) => {
          const rows = await count(asked)
          if (!rows.ok) throw new Error(rows.problem.message)
          return rows.value
        }
        const kept = () =>
          JSON.parse(readFileSync(countsFile(lake.root, 'demo', name), 'utf8').split('\n')[1]!) as {
            isSum: boolean
            sources: unknown
          }
        const add = (some: readonly EventRecord[]) => lake.add(spreadAll(some))
        const arrivals = shuffled([...records, ...records.slice(0, 9)], seed)
        add(ballast)
        await lake.run((context) => compact('demo', context), spread(1019), { smallMax: 0 })
        await found(options(lake.root, spread(1019)))
        for (const [i, share] of [0.5, 1].entries()) {
          const next = arrivals.splice(0, Math.ceil(arrivals.length * share))
          add(next)
          const now = spread(1020) + i * hourMs
          const before = JSON.stringify(kept().sources)
          if (i === 1) await lake.run((context) => compact('demo', context), now, { smallMax: 0 })
          expect(await found(options(lake.root, now))).toEqual(await found(options(lake.newFolder(), now)))
          if (i === 0 && JSON.stringify(kept().sources) !== before) expect(kept().isSum).toBe(true)
        }
        const differs: boolean[] = []
        const onRecounted: Recounting['onRecounted'] = (_, __, differing) => differs.push(differing)
        await found(options(lake.root, spread(1022), { recount: 'always', onRecounted }))
        expect(differs).toEqual([false])
      }),
      { numRuns: scaled(1), endOnFailure: true },
    ),
  )
})
