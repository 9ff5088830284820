// Runs counting/metric.sql over its fixture and over any records, in real ClickHouse, embedded and over HTTP.
// Plain loops say who is counted and what is added up.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import {
  addUp,
  countMetric,
  type MetricQuestion,
  metricQuestion,
} from '../../batch/counting/metric-counts.ts'
import { experimentQuestion } from '../../batch/counting/question.ts'
import { openProjections } from '../../batch/counting/projections.ts'
import { projectedRecords } from '../../batch/counting/projected-records.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import type { Tolerances } from '../../batch/counting/totals.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { openClickHouseServer } from '../../batch/lake/clickhouse-server.ts'
import { inBucket } from '../../batch/lake/record-source.ts'
import type { GoalMetric } from '../../core/model/goal-metric.ts'
import { toNdjson } from '../lake.ts'
import { EventRecord } from '../records.ts'
import { anyRecords } from '../../test/support/any-records.ts'
import { base, countableRecords, plainQuestions, purchase } from '../../test/support/countable-records.ts'
import {
  clockSkewMaxMs,
  copyHorizonMs,
  requestDelayMaxMs,
  sameWithinMs,
} from '../../test/support/plain-counts.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import {
  type ClickHouseOverHttp,
  serverUser,
  startClickHouseOverHttp,
} from '../../test/support/clickhouse-over-http.ts'
import { type SimulatedBucket, simulatedBucket } from '../../test/support/simulated-bucket.ts'
import { experiment, startAt } from '../../test/support/simulated-shop.ts'
import { close, listen } from '../../test/support/simulated-stack.ts'

let folder = ''
let clickHouse: ClickHouseOverHttp
let bucket: SimulatedBucket
let bucketServer: Server
let client: ReturnType<typeof openClickHouseServer>
let embedded: ReturnType<typeof countMetric>
let onServer: ReturnType<typeof countMetric>
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-metric-'))
  if (!hasChdb) return
  bucket = simulatedBucket()
  bucketServer = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  const endpoint = await listen(bucketServer)
  clickHouse = await startClickHouseOverHttp()
  const lake = { endpoint, bucket: 'lake', accessKeyId: 'local', secretAccessKey: 'secret' }
  client = openClickHouseServer({ ...serverUser, url: clickHouse.url })
  const chdb = openClickHouse(loadChdb)
  const projections = openProjections(chdb, path.join(folder, 'projections'))
  embedded = countMetric(chdb, projectedRecords(chdb, projections))
  const source = inBucket({ root: folder, lake, collection: undefined, cluster: undefined })
  onServer = countMetric(client, recordsInPlace(client, source))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  if (!hasChdb) return
  await client.close()
  await clickHouse.close()
  await close(bucketServer)
})

/** Each text becomes an object of the lake. */
function toFiles(texts: readonly string[]) {
  const raw = texts.map((text, i) => {
    const body = gzipSync(text)
    bucket.objects.set(`${i}.ndjson.gz`, { body, headers: {} })
    const file = path.join(folder, `${i}.ndjson.gz`)
    writeFileSync(file, body)
    return file
  })
  return { raw, parts: [] }
}

const lawTolerances: Tolerances = { sameWithinMs, copyHorizonMs, clockSkewMaxMs, requestDelayMaxMs }
const tolerances: Tolerances = {
  sameWithinMs: 50,
  copyHorizonMs: 500,
  clockSkewMaxMs: 30,
  requestDelayMaxMs: 20,
}
const dayMs = 86_400_000
const days = (ms: number) => ms / dayMs
const from2000 = experimentQuestion(experiment(), { from: 2000, to: 3000 }, [])
const perSession = { event: 'session', sum: 'count' } as const
const half = { windowDays: days(500), minimumAgeDays: days(300) }
const value = { kind: 'value', cap: 50, priorDays: days(500), ...half } as const

async function rowsOf(
  texts: readonly string[],
  metric: GoalMetric = value,
  { exposures, allowed }: { exposures: MetricQuestion['exposures']; allowed: Tolerances } = {
    exposures: from2000,
    allowed: tolerances,
  },
) {
  const files = toFiles(texts)
  const asked = metricQuestion(exposures, 'bought', metric, exposures.end)
  const [rows, others] = await Promise.all(
    [embedded, onServer].map(async (count) => {
      const found = await count(files, asked, allowed)
      if (!found.ok) throw new Error(found.problem.message)
      return found.value
    }),
  )
  expect(others).toEqual(rows)
  return rows!
}

const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), 'utf8')
const fixture = read('metric.fixture.ndjson')
const expected = read('metric.expected.ndjson')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Record<string, unknown>)
const parse = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe.skipIf(!hasChdb)('metric.sql', () => {
  it('has a fixture of valid records', () => {
    for (const { '//': _, ...record } of parse(fixture))
      expect(EventRecord.safeParse(record).error).toBeUndefined()
  })

  it('gives the expected table, however the records lie', async () => {
    expect(await rowsOf([fixture])).toEqual(expected)
    const all = fixture.trimEnd().split('\n')
    const half = (odd: number) =>
      all
        .filter((_, i) => i % 2 === odd)
        .toReversed()
        .join('\n')
    expect(await rowsOf([half(1), half(0), fixture])).toEqual(expected)
    expect(await rowsOf([])).toEqual([])
    expect(await rowsOf([''])).toEqual([])
  })

  it('adds up events instead of values, without cap, window and age', async () => {
    const [, control, green] = await rowsOf([fixture], { kind: 'count', priorDays: days(500) })
    expect(control).toMatchObject({ users: 3, conversions: 3, sumY: '5000000000', sumX: '1000000000' })
    expect(green).toMatchObject({ users: 4, conversions: 2, unreadableUsers: 0, sumY: '3000000000' })
  })

  it('adds up the other part of a ratio, which may be of the same event', async () => {
    const [, control] = await rowsOf([fixture], {
      kind: 'ratio',
      sum: 'value',
      denominator: perSession,
      ...half,
    })
    expect(control).toMatchObject({ sumY: '105250000000', sumD: '1000000000', sumX: '0' })
    expect(control).toMatchObject({ sumDD: '1000000000000000000', sumYD: '15250000000000000000' })
    const perOrder = { event: 'bought', sum: 'count' } as const
    const [, same] = await rowsOf([fixture], { kind: 'ratio', sum: 'value', denominator: perOrder, ...half })
    expect(same).toMatchObject({ sumY: '105250000000', sumD: '4000000000' })
    const values = { event: 'session', sum: 'value' } as const
    const [, valued] = await rowsOf([fixture], { kind: 'ratio', sum: 'count', denominator: values })
    expect(valued).toMatchObject({ sumY: '5000000000', sumD: '6000000000' })
  })

  it('adds up the logarithms of values above 0, and counts those below', async () => {
    const { records, fixtureOf } = visitors([1e15, 1e15, -1e15, 1e-9, 0, 2.5])
    const [, on] = await rowsOf([fixtureOf(records)], { kind: 'value', cap: 50 })
    const logs = plainLogs([1e15, 1e15, -1e15, 1e-9, 0, 2.5])
    expect(on).toMatchObject({ users: 6, ...logs })
    const sums = addUp([on!], { kind: 'value' }).byVariation.get('on')!
    expect(sums.logs).toEqual({
      payers: 4,
      negatives: 1,
      sumLog: BigInt(logs.sumLog),
      sumLogLog: BigInt(logs.sumLogLog),
    })
    expect(addUp([on!], { kind: 'count' }).byVariation.get('on')).not.toHaveProperty('logs')
  })

  it('adds up the largest values to the last digit', async () => {
    const { records, fixtureOf } = visitors([1e15, 1e15, -1e15, 1e-9])
    const [, on] = await rowsOf([fixtureOf(records)], { kind: 'value' })
    expect(on).toMatchObject({
      users: 4,
      unreadableUsers: 0,
      sumY: (10n ** 24n + 1n).toString(),
      sumYY: (3n * 10n ** 48n + 1n).toString(),
    })
  })
})

/** One user for each value, all in one variation. */
function visitors(values: readonly number[]) {
  const records = values.flatMap((value, i) => {
    const own = {
      v: 1,
      environmentId: 'demo',
      receivedAt: 2400,
      protocol: 'bucketeer',
      sdk: '',
      attributes: {},
      targetingKey: `user-${i}`,
    }
    const split = { flagKey: 'checkout', flagVersion: 1, variationId: 'on', ruleId: 'split' }
    return [
      { ...own, kind: 'exposure', id: `${i}-e`, at: 2100, ...split },
      { ...own, kind: 'tracking', id: `${i}-t`, at: 2200, event: 'bought', value },
    ]
  })
  const fixtureOf = (all: readonly unknown[]) => all.map((record) => JSON.stringify(record)).join('\n')
  return { records, fixtureOf }
}

function plainLogs(values: readonly number[]) {
  const logs = values.filter((value) => value > 0).map((value) => BigInt(Math.round(Math.log(value) * 1e9)))
  return {
    payers: logs.length,
    negatives: values.filter((value) => value < 0).length,
    sumLog: logs.reduce((sum, log) => sum + log, 0n).toString(),
    sumLogLog: logs.reduce((sum, log) => sum + log * log, 0n).toString(),
  }
}

const seconds = 1_000
const plain = { kind: 'value', priorDays: 0 } as const

describe.skipIf(!hasChdb)('on any records', () => {
  const window = { from: startAt + 10 * seconds, to: startAt + 50 * seconds }

  it(
    'counts the users, conversions and values of plain loops, with copies, clocks, aliases and units',
    () =>
      fc.assert(
        fc.asyncProperty(countableRecords, fc.constantFrom(...plainQuestions), async (all, asked) => {
          const files = toFiles([toNdjson([...all, ...all])])
          const question = metricQuestion(asked.question, 'bought', plain, asked.question.end)
          const ours = await embedded(files, question, lawTolerances)
          // Users of one unit may be in several slices.
          const slices = asked.question.unitAttribute === '' ? 2 : 1
          const sliced = await embedded(files, question, lawTolerances, slices)
          if (!ours.ok || !sliced.ok) throw new Error('not counted')
          const { byVariation } = addUp(ours.value, plain)
          // Maps are equal in whatever order.
          expect(addUp(sliced.value, plain).byVariation).toEqual(byVariation)
          const found = [...byVariation].map(([id, s]) => [id, s.users, s.conversions, s.sumRawY, s.sumRawYY])
          const wanted = asked
            .figures(all)
            .filter(({ users }) => users > 0)
            .map(({ variationId, users, conversions, valueSum, valueSumOfSquares }) => {
              const [sum, squares] = [BigInt(valueSum) * 10n ** 9n, BigInt(valueSumOfSquares) * 10n ** 18n]
              return [variationId, users, conversions, sum, squares]
            })
          expect(found).toEqual(wanted)
        }),
        { numRuns: scaled(6) },
      ),
    300_000,
  )

  it('takes one copy for the event: of those in the window and a time before it, the one received first', async () => {
    const own = { ...base, at: 2000, receivedAt: 2000 }
    const bought = (targetingKey: string, at: number, receivedAt: number, value: number) =>
      ({ ...purchase, targetingKey, at, receivedAt, value }) as const
    const records = [
      { ...own, targetingKey: 'against receipt' },
      bought('against receipt', 2100, 2100, 1),
      bought('against receipt', 1400, 2200, 2),
      bought('against receipt', 2300, 2300, 4),
      { ...own, targetingKey: 'after the end' },
      bought('after the end', 3100, 3100, 8),
      bought('after the end', 2900, 3200, 16),
    ]
    const sumIn = async (texts: readonly string[]) =>
      addUp(await rowsOf(texts, plain), plain).byVariation.get('on')
    for (const texts of [[toNdjson(records)], records.map((record) => toNdjson([record]))])
      expect(await sumIn(texts)).toMatchObject({ users: 2, conversions: 2, sumRawY: 17n * 10n ** 9n })
  })

  it(
    'adds up what plain loops add up',
    () =>
      fc.assert(
        fc.asyncProperty(anyRecords, fc.integer({ min: 1, max: 20 }), async (some, length) => {
          // One clock, one id for each event: what remains is what this query alone does.
          const records = some.map((record, i) => ({
            ...record,
            id: String(i),
            protocol: 'bucketeer' as const,
            sdk: '',
            receivedAt: record.at + 1,
          }))
          const ms = length * seconds
          const exposures = experimentQuestion(experiment(), window, [])
          const allowed = { ...tolerances, sameWithinMs: 3_000 }
          const same = { cap: 2, windowDays: days(ms) }
          const asked = { exposures, allowed }
          const text = [toNdjson(records)]
          const valued = await rowsOf(text, { kind: 'value', priorDays: days(ms), ...same }, asked)
          const visits = { event: 'visited', sum: 'count' } as const
          const ratio = await rowsOf(
            text,
            { kind: 'ratio', sum: 'value', denominator: visits, ...same },
            asked,
          )
          const both = valued.map(({ high: _, stepUsers, ...row }, i) => {
            expect(stepUsers).toEqual([]) // of no funnel
            const { sumD, sumDD, sumYD } = ratio[i]!
            return { ...row, sumD, sumDD, sumYD }
          })
          expect(both.slice(1)).toEqual(plainSums(records, window, ms))
        }),
        { numRuns: scaled(4) },
      ),
    300_000,
  )
})

/** The same in loops. Values of the records are multiples of a half, so floating point is exact. */
function plainSums(records: readonly EventRecord[], { from, to }: { from: number; to: number }, ms: number) {
  const rows = new Map<string, Record<string, string | number>>()
  const keys = [...new Set(records.map(({ targetingKey }) => targetingKey))].filter(Boolean)
  const users = keys.flatMap((targetingKey) => {
    const own = records.filter((record) => record.targetingKey === targetingKey)
    const inOrder = own.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    const first = inOrder.find(
      (record) =>
        record.kind === 'exposure' &&
        record.flagKey === 'checkout' &&
        record.ruleId === 'split' &&
        record.at >= from &&
        record.at < to,
    )
    if (first?.kind !== 'exposure') return []
    const valuesOf = (event: string, since: number, until: number) => {
      const events = own.filter((record) => record.kind === 'tracking')
      const named = events.filter(
        (record) => record.event === event && record.at >= since && record.at < until,
      )
      const sorted = named.toSorted(
        (a, b) =>
          ((a.content ?? '') < (b.content ?? '') ? -1 : (a.content ?? '') > (b.content ?? '') ? 1 : 0) ||
          a.at - b.at ||
          a.value - b.value,
      )
      return sorted.flatMap(({ content, at, value }, i) => {
        const last = sorted[i - 1]
        const isCopy = Boolean(content) && last?.content === content && at - last!.at <= 3_000
        return isCopy ? [] : [value]
      })
    }
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    const bought = valuesOf('bought', first.at, Math.min(to, first.at + ms))
    const raw = sum(bought)
    const d = valuesOf('visited', first.at, Math.min(to, first.at + ms)).length
    const x = Math.min(2, sum(valuesOf('bought', first.at - ms, first.at)))
    return { variationId: first.variationId, isConverted: bought.length > 0, raw, y: Math.min(2, raw), d, x }
  })
  const text = (value: number, scale: bigint) => (BigInt(value * 4) * (scale / 4n)).toString()
  for (const variationId of ['control', 'green']) {
    const own = users.filter((user) => user.variationId === variationId)
    if (own.length === 0) continue
    const sumOf = (of: (user: (typeof own)[number]) => number, squared: 'plain' | 'squared') =>
      text(
        own.reduce((sum, user) => sum + of(user), 0),
        squared === 'squared' ? 10n ** 18n : 10n ** 9n,
      )
    rows.set(variationId, {
      variationId,
      users: own.length,
      conversions: own.filter(({ isConverted }) => isConverted).length,
      unreadableUsers: 0,
      sumY: sumOf(({ y }) => y, 'plain'),
      sumYY: sumOf(({ y }) => y * y, 'squared'),
      sumD: sumOf(({ d }) => d, 'plain'),
      sumDD: sumOf(({ d }) => d * d, 'squared'),
      sumYD: sumOf(({ y, d }) => y * d, 'squared'),
      sumX: sumOf(({ x }) => x, 'plain'),
      sumXX: sumOf(({ x }) => x * x, 'squared'),
      sumXY: sumOf(({ x, y }) => x * y, 'squared'),
      sumRawY: sumOf(({ raw }) => raw, 'plain'),
      sumRawYY: sumOf(({ raw }) => raw * raw, 'squared'),
      ...plainLogs(own.map(({ raw }) => raw)),
    })
  }
  return [...rows.values()]
}
