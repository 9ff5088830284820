// AB Tasty's SDK may send a hit again. Each copy can reach another isolate and take another time. The query
// behind results, in real ClickHouse, counts all copies as one event. The protocol has no event ids.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toNdjson } from '../../analytics/lake.ts'
import type { EventRecord, Exposure } from '../../analytics/records.ts'
import { countExperiment } from '../../batch/counting/counts.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
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

/**
 * A purchase at `at` and its copies: how long after the purchase each was sent, how long the request took,
 * and which isolate received it. Milliseconds.
 */
const purchase = fc.record({
  at: fc.integer({ min: from + 60_000, max: from + 3_600_000 }),
  copies: fc.array(
    fc.record({
      // Up to the four hours for which the SDK keeps a hit, uniform in the logarithm.
      late: fc
        .double({ min: 0, max: Math.log(4 * 3_600_000), noNaN: true })
        .map((log) => Math.round(Math.exp(log)) - 1),
      way: fc.integer({ min: 0, max: 5_000 }),
      isolate: fc.nat(isolates - 1),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

it.skipIf(!hasChdb)(`copies of a hit count once, whichever isolates receive them, seed ${seed}`, async () => {
  let now = 0
  const records: EventRecord[] = []
  const handlers = Array.from({ length: isolates }, () => {
    const events = memorySink((sent) => records.push(...sent))
    return flagshipIoRoutes({ ...memoryPorts({ flags }).ports, events, now: () => now })
  })
  const { flagKey, ruleId } = experiment()
  let copies = 0
  for (const [i, { at, copies: sent }] of fc.sample(purchase, { seed, numRuns: buyers }).entries()) {
    for (const { late, way, isolate } of sent) {
      now = at + late + way
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
      expect((await callHandler(handlers[isolate]!, request)).status).toBe(204)
      copies++
    }
  }
  const ids = new Set(records.map(({ id }) => id)).size
  expect([copies > buyers * 2, ids > buyers]).toEqual([true, true]) // ids alone would count some twice
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
    expect(
      await countExperiment(
        openClickHouse(loadChdb),
        { raw: [file], parts: [] },
        experiment(),
        window,
        'bought',
      ),
    ).toMatchObject({
      ok: true,
      value: [
        {
          users: buyers,
          conversions: buyers,
          valueSum: buyers * price,
          valueSumOfSquares: buyers * price ** 2,
        },
      ],
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
