// AB Tasty's SDK may send a hit again: because the queue refused it, or because the answer was late. It keeps
// a hit for four hours. Each copy can reach another isolate and take another time. The query behind results,
// in real ClickHouse, counts all copies as one event. The protocol has no event ids.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import { toNdjson } from '../../analytics/lake.ts'
import type { EventRecord, Exposure } from '../../analytics/records.ts'
import { addUp, countMetric, metricQuestion } from '../../batch/counting/metric-counts.ts'
import { experimentQuestion } from '../../batch/counting/question.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import { onDisk } from '../../batch/lake/record-source.ts'
import { refuse } from '../../core/model/problem.ts'
import { experiment } from '../support/simulated-shop.ts'
import { flagshipIoRoutes } from '../../workers/protocols/flagship-io/routes.ts'
import { callHandler } from '../support/call-handler.ts'
import { goldenEnvironment, memoryPorts } from '../support/golden-cases.ts'
import { memorySink } from '../support/memory-sink.ts'
import { flags } from '../support/sdk/flags.ts'
import { hasChdb } from '../support/chdb.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_125)
const buyers = 2_000
const from = Date.UTC(2026, 10, 22)
const price = 7
const isolates = 3

/** The SDK's first repetition comes after a second at least, and its last within these hours. */
const [retryMinMs, retryMaxMs] = [1_000, 4 * 3_600_000]

/**
 * A purchase at `at` and its copies: how long after the purchase each was sent, how long the request took,
 * which isolate received it, and whether the queue took it. Milliseconds.
 */
const purchase = fc.record({
  at: fc.integer({ min: from + 60_000, max: from + 3_600_000 }),
  copies: fc.array(
    fc.record({
      // Up to the four hours for which the SDK keeps a hit, uniform in the logarithm.
      late: fc
        .double({ min: 0, max: Math.log(retryMaxMs), noNaN: true })
        .map((log) => Math.round(Math.exp(log)) - 1),
      way: fc.integer({ min: 0, max: 5_000 }),
      isolate: fc.nat(isolates - 1),
      isTaken: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

it.skipIf(!hasChdb)(`copies of a hit count once, whichever isolates receive them, seed ${seed}`, async () => {
  let now = 0
  const records: EventRecord[] = []
  let isQueueWell = true
  const handlers = Array.from({ length: isolates }, () => {
    const taking = memorySink((sent) => records.push(...sent))
    const events: typeof taking = {
      ...taking,
      send: (...sent) =>
        isQueueWell ? taking.send(...sent) : Promise.resolve(refuse('UNAVAILABLE', 'the queue refuses')),
    }
    return flagshipIoRoutes({ ...memoryPorts({ flags }).ports, events, now: () => now })
  })
  const { flagKey, ruleId } = experiment()
  let copies = 0
  let refused = 0
  for (const [i, { at, copies: drawn }] of fc.sample(purchase, { seed, numRuns: buyers }).entries()) {
    // The first is sent at once, the next ones from a second to four hours later. The SDK goes on until one
    // is taken.
    const sent = drawn
      .toSorted((a, b) => a.late - b.late)
      .map((copy, nth) => ({ ...copy, late: nth === 0 ? 0 : Math.max(copy.late, retryMinMs) }))
    for (const [nth, { late, way, isolate, isTaken }] of sent.entries()) {
      now = at + late + way
      isQueueWell = isTaken || nth === sent.length - 1
      const hit = {
        vid: `buyer-${i}`,
        t: 'TRANSACTION',
        cuid: null,
        qt: late,
        tid: 't',
        ta: 'bought',
        tr: price,
      }
      const body = JSON.stringify({ ds: 'APP', cid: goldenEnvironment, t: 'BATCH', qt: 1, h: [hit] })
      const request = new Request('http://edge.test/', { method: 'POST', body })
      expect((await callHandler(handlers[isolate]!, request)).status).toBe(isQueueWell ? 204 : 503)
      if (isQueueWell) copies++
      else refused++
    }
  }
  const ids = new Set(records.map(({ id }) => id)).size
  // Ids alone would count some twice.
  expect([copies > buyers * 1.5, refused > buyers / 2, ids > buyers]).toEqual([true, true, true])
  const exposures = Array.from({ length: buyers }, (_, i): Exposure => ({
    v: 2,
    keyKind: 'client',
    source: '',
    revision: 1,
    verified: true,
    unitAttribute: '',
    unit: '',
    id: `exposure-${i}`,
    environmentId: goldenEnvironment,
    at: from,
    receivedAt: from,
    protocol: 'flagship-io',
    sdk: '',
    targetingKey: `buyer-${i}`,
    attributes: {},
    kind: 'exposure',
    flagKey,
    flagVersion: 1,
    variationId: 'green',
    ruleId,
  }))
  const folder = mkdtempSync(join(tmpdir(), 'tackline-copies-'))
  try {
    const file = join(folder, 'all.ndjson.gz')
    writeFileSync(file, gzipSync(toNdjson([...exposures, ...records])))
    const window = { from, to: from + 86_400_000 }
    const question = metricQuestion(
      experimentQuestion(experiment(), window, []),
      'bought',
      { kind: 'value' },
      window.to,
    )
    const clickHouse = openClickHouse(loadChdb)
    const rows = await countMetric(clickHouse, recordsInPlace(clickHouse, onDisk))(
      { raw: [file], parts: [] },
      question,
    )
    if (!rows.ok) throw new Error(rows.problem.message)
    expect([...addUp(rows.value, question.metric).byVariation.values()]).toMatchObject([
      {
        users: buyers,
        conversions: buyers,
        sumRawY: BigInt(buyers * price) * 10n ** 9n,
        sumRawYY: BigInt(buyers * price ** 2) * 10n ** 18n,
      },
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
