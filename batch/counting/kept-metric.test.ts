// Metrics that are kept between runs, against plain loops over all records that have arrived, in any order
// and portion. Real ClickHouse.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { shuffled } from '../../test/support/any-records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { countableRecords, plainQuestions } from '../../test/support/countable-records.ts'
import {
  clockSkewMaxMs,
  copyHorizonMs,
  requestDelayMaxMs,
  sameWithinMs,
} from '../../test/support/plain-counts.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { compact } from '../jobs/compact.ts'
import { lakeCache } from '../lake/cache.ts'
import { s3Store } from '../lake/s3.ts'
import { writeSealed } from '../lake/sealed-file.ts'
import { metricCounts, metricQuestion, type Recounts } from './metric-counts.ts'
import { openProjections, projectionsFolder } from './projections.ts'
import { projectedRecords } from './projected-records.ts'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 900_000 })

const hourMs = 3_600_000
const metric = { kind: 'value', priorDays: 0 } as const
const { question, figures } = plainQuestions.find(({ question: { unitAttribute } }) => unitAttribute === '')!
let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeEach(async () => {
  lake = await startSimulatedLake()
})
afterEach(() => lake.close())

/** So that a change is a small part of the lake. */
const ballast = Array.from({ length: 400 }, (_, i): EventRecord[] => {
  const common = { v: 1, environmentId: 'demo', at: 1002, receivedAt: 1003, attributes: {} } as const
  const user = { id: '1', protocol: 'bucketeer', sdk: '', targetingKey: `user ${i}` } as const
  const exposure = { flagKey: 'checkout', flagVersion: 1, variationId: 'on', ruleId: 'split' }
  return [
    { ...common, ...user, kind: 'exposure', ...exposure },
    { ...common, ...user, kind: 'tracking', event: 'bought', value: i % 3 },
  ]
}).flat()

/** As a new run counts: some figures of each variation. */
async function run(now: number, changes: Partial<Recounts> = {}, end = question.end) {
  const folder = projectionsFolder(lake.root, 'demo')
  const { clickHouse } = lake
  const counts = metricCounts({
    clickHouse,
    readerOf: () => projectedRecords(clickHouse, openProjections(clickHouse, folder)),
    lake: lakeCache(s3Store(lake.s3), lake.root, now),
    root: lake.root,
    now,
    recount: 'never',
    sliceRecordsMax: 300,
    tolerances: { sameWithinMs, copyHorizonMs, clockSkewMaxMs, requestDelayMaxMs },
    ...changes,
  })
  const found = await counts.count('demo', metricQuestion(question, 'bought', metric, end))
  if (!found.ok) throw new Error(found.problem.message)
  return [...found.value.byVariation]
    .map(([variationId, { users, conversions, sumRawY, sumRawYY }]) => ({
      variationId,
      users,
      conversions,
      valueSum: Number(sumRawY) / 1e9,
      valueSumOfSquares: Number(sumRawYY) / 1e18,
    }))
    .toSorted((a, b) => (a.variationId < b.variationId ? -1 : 1))
}

const plain = (all: readonly EventRecord[]) =>
  figures([...new Map(all.map((record) => [JSON.stringify(record), record])).values()])
    .filter(({ users }) => users > 0)
    .map(({ variationId, users, conversions, valueSum, valueSumOfSquares }) => ({
      variationId,
      users,
      conversions,
      valueSum,
      valueSumOfSquares,
    }))

const keptFile = () => {
  const folder = path.join(lake.root, 'counts', 'environment=demo')
  return path.join(folder, readdirSync(folder)[0]!)
}
const kept = () =>
  JSON.parse(readFileSync(keptFile(), 'utf8').split('\n')[1]!) as {
    isSum: boolean
    rows: any[]
    sources: unknown
  }

describe.skipIf(!hasChdb)('a metric that is kept', () => {
  it('has the sums of plain loops, whatever arrives when', () =>
    fc.assert(
      fc.asyncProperty(countableRecords, fc.integer(), async (records, seed) => {
        await lake.close()
        lake = await startSimulatedLake()
        lake.add(ballast)
        await lake.run((context) => compact('demo', context), hourMs, { smallMax: 0 })
        expect(await run(2 * hourMs)).toEqual(plain(ballast))
        const arrivals = shuffled([...records, ...records.slice(0, 9)], seed)
        const arrived: EventRecord[] = [...ballast]
        for (const [i, share] of [0.5, 0.8, 1].entries()) {
          const next = arrivals.slice(arrived.length - ballast.length, Math.ceil(arrivals.length * share))
          const before = JSON.stringify(kept().sources)
          lake.add(next)
          arrived.push(...next)
          if (i === 2) await lake.run((context) => compact('demo', context), hourMs, { smallMax: 0 })
          expect(await run((i + 3) * hourMs)).toEqual(plain(arrived))
          if (i < 2 && JSON.stringify(kept().sources) !== before) expect(kept().isSum).toBe(true)
        }
        const differs: boolean[] = []
        const onRecounted = (_: string, __: string, differing: boolean) => differs.push(differing)
        await run(9 * hourMs, { recount: 'always', onRecounted })
        expect(differs).toEqual([false])
      }),
      { numRuns: scaled(2), endOnFailure: true },
    ))

  it('is counted in full on the next day, which finds sums that are wrong', async () => {
    lake.add(ballast)
    await lake.run((context) => compact('demo', context), hourMs, { smallMax: 0 })
    const whole = await run(hourMs)
    lake.add([{ ...ballast[0]!, targetingKey: 'late' }])
    const differs: boolean[] = []
    const onRecounted = (_: string, __: string, differing: boolean) => differs.push(differing)
    const daily = { recount: 'daily', onRecounted } as const
    const more = whole.map((row) => ({ ...row, users: row.users + 1 }))
    expect(await run(2 * hourMs, daily)).toEqual(more)
    const state = kept()
    await writeSealed(keptFile(), {
      ...state,
      rows: state.rows.map((row) => ({ ...row, users: row.users + 7 })),
    })
    expect(await run(3 * hourMs, daily)).not.toEqual(more)
    expect(differs).toEqual([])
    expect(await run(30 * hourMs, daily)).toEqual(more)
    expect(differs).toEqual([true])
    expect(kept().isSum).toBe(false)
  })

  it('is counted in slices if the users who have news have too many events', async () => {
    await lake.close()
    lake = await startSimulatedLake()
    const users = ballast.slice(0, 120)
    const again = (n: number) =>
      users.flatMap((each) => (each.kind === 'tracking' ? [{ ...each, id: `${n}`, at: 1_100 + n }] : []))
    const before = [...users, ...Array.from({ length: 40 }, (_, n) => again(n)).flat()]
    lake.add(before)
    await lake.run((context) => compact('demo', context), hourMs, { smallMax: 0 })
    expect(await run(2 * hourMs)).toEqual(plain(before))
    lake.add(again(40).slice(0, 5))
    await run(3 * hourMs)
    expect(kept().isSum).toBe(true)
    lake.add(again(41))
    expect(await run(4 * hourMs)).toEqual(plain([...before, ...again(40).slice(0, 5), ...again(41)]))
    expect(kept().isSum).toBe(false)
  })
})
