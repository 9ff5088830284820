// Runs each query over its fixture in real ClickHouse, embedded and over HTTP, and compares the queries with
// plain counts in TypeScript. In a fixture, `//` says what a line is there for; ClickHouse skips it like any
// unknown field.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { loadChdb, openClickHouse, type Parameters } from '../../batch/lake/clickhouse.ts'
import { openClickHouseServer } from '../../batch/lake/clickhouse-server.ts'
import { inBucket } from '../../batch/lake/record-source.ts'
import { openWarehouse, type Warehouse } from '../../batch/lake/warehouse.ts'
import { toNdjson } from '../lake.ts'
import { EventEnvelope, EventRecord, type Exposure, type Tracking } from '../records.ts'
import {
  type Counts,
  clockSkewMaxMs,
  requestDelayMaxMs,
  plainEventRate,
  plainExperiment,
  sameWithinMs,
} from '../../test/support/plain-counts.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import {
  type ClickHouseOverHttp,
  serverUser,
  startClickHouseOverHttp,
} from '../../test/support/clickhouse-over-http.ts'
import { type SimulatedBucket, simulatedBucket } from '../../test/support/simulated-bucket.ts'
import { close, listen } from '../../test/support/simulated-stack.ts'

let folder = ''
let clickHouse: ClickHouseOverHttp
let bucket: SimulatedBucket
let bucketServer: Server
let ways: Record<'embedded' | 'server', Warehouse>
let client: ReturnType<typeof openClickHouseServer>
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-sql-'))
  if (!hasChdb) return
  bucket = simulatedBucket()
  bucketServer = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  const endpoint = await listen(bucketServer)
  clickHouse = await startClickHouseOverHttp()
  const lake = { endpoint, bucket: 'lake', accessKeyId: 'local', secretAccessKey: 'secret' }
  client = openClickHouseServer({ ...serverUser, url: clickHouse.url })
  ways = {
    embedded: openWarehouse(openClickHouse(loadChdb)),
    server: openWarehouse(
      client,
      inBucket({ root: folder, lake, collection: undefined, cluster: undefined }),
    ),
  }
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  if (!hasChdb) return
  await client.close()
  await clickHouse.close()
  await close(bucketServer)
})

const beside = (name: string) => path.join(import.meta.dirname, name)
const lines = (name: string) => readFileSync(beside(name), 'utf8').trimEnd().split('\n')
const parse = (text: string) =>
  text.split('\n').flatMap((line) => (line ? [JSON.parse(line) as unknown] : []))

/** Each list of lines becomes one object of the lake. Asked embedded and of a server, which must agree. */
async function runQuery(
  name: string,
  objects: readonly (readonly string[])[],
  parameters: Parameters,
): Promise<unknown[]> {
  const raw = objects.map((text, i) => {
    const body = gzipSync(text.map((line) => `${line}\n`).join(''))
    bucket.objects.set(`${i}.ndjson.gz`, { body, headers: {} })
    const file = path.join(folder, `${i}.ndjson.gz`)
    writeFileSync(file, body)
    return file
  })
  const ask = async (way: Warehouse) => {
    const bound = { slices: 1, slice: 0, ...parameters }
    const rows = await way.query({ name, row: z.unknown() }, { raw, parts: [] }, bound)
    if (!rows.ok) throw new Error(rows.problem.message)
    return rows.value
  }
  const rows = await ask(ways.embedded)
  expect(await ask(ways.server)).toEqual(rows)
  return rows
}

const queries = [
  {
    name: 'experiment',
    parameters: {
      from: 1000,
      to: 2000,
      flagKey: 'checkout',
      ruleId: 'split',
      event: 'bought',
      sameWithinMs: 50,
      clockSkewMaxMs: 30,
      requestDelayMaxMs: 20,
      unitAttribute: '',
      counts: 'all',
    },
  },
  {
    name: 'event-rate',
    parameters: {
      countingFrom: 1000,
      flagKey: 'checkout',
      variationId: 'on',
      event: 'crashed',
      clockSkewMaxMs: 30,
      requestDelayMaxMs: 20,
      counts: 'all',
      sourceUsersMax: 0,
    },
  },
]

describe.skipIf(!hasChdb).each(queries)('$name.sql', ({ name, parameters }) => {
  const fixture = lines(`${name}.fixture.ndjson`)
  const expected = parse(lines(`${name}.expected.ndjson`).join('\n'))

  it('has a fixture of valid records', () => {
    for (const line of fixture) {
      const record = JSON.parse(line) as Record<string, unknown>
      delete record['//']
      expect(EventRecord.safeParse(record).error).toBeUndefined()
    }
  })

  it('gives the expected table', async () => {
    expect(await runQuery(name, [fixture], parameters)).toEqual(expected)
  })

  it('gives it however the lines are spread over objects, in whatever order', async () => {
    const evenLines = fixture.filter((_, i) => i % 2 === 0)
    const oddLines = fixture.filter((_, i) => i % 2 === 1)
    expect(await runQuery(name, [oddLines.toReversed(), evenLines], parameters)).toEqual(expected)
  })

  it('gives it when every object is there twice', async () => {
    expect(await runQuery(name, [fixture, fixture], parameters)).toEqual(expected)
  })

  it('answers for an empty lake, and for an empty object', async () => {
    const empty =
      name === 'experiment'
        ? []
        : [{ exposedUsers: 0, goalUsers: 0, verifiedUsers: 0, unverifiedUsers: 0, usersOverLimit: 0 }]
    expect(await runQuery(name, [], parameters)).toEqual(empty)
    expect(await runQuery(name, [[]], parameters)).toEqual(empty)
  })

  it('takes names with quotes, braces and other scripts for what they are', async () => {
    const odd = `it's "{odd}" \\ 料\t;--`
    const record = { ...base, flagKey: odd, ruleId: odd, variationId: odd, targetingKey: odd }
    const answer = await runQuery(name, [[JSON.stringify(record)]], {
      ...parameters,
      flagKey: odd,
      ruleId: odd,
      ...(name === 'event-rate' ? { variationId: odd } : {}),
    })
    expect(answer).toMatchObject([
      name === 'experiment' ? { variationId: odd, users: 1 } : { exposedUsers: 1 },
    ])
  })
})

describe.skipIf(!hasChdb)('records of every version', () => {
  // Lines are only ever added: what was written once lies in lakes for ever.
  const fixture = lines('versions.fixture.ndjson')

  it('are records, and have all versions', () => {
    const records = fixture.map((line) => JSON.parse(line) as Record<string, unknown>)
    for (const record of records) {
      expect(EventRecord.safeParse(record).error).toBeUndefined()
      expect(EventEnvelope.safeParse(record).error).toBeUndefined()
    }
    expect(new Set(records.map(({ v, kind }) => JSON.stringify([v, kind]))).size).toBe(7)
  })

  it.each(queries)('are read by $name.sql', async ({ name, parameters }) => {
    const expected = {
      experiment: [{ variationId: 'on', users: 2, conversions: 2, verifiedUsers: 1, unverifiedUsers: 0 }],
      'event-rate': [{ exposedUsers: 2, goalUsers: 2, verifiedUsers: 1, unverifiedUsers: 0 }],
    }[name]
    const asked = { ...parameters, event: 'bought' }
    expect(await runQuery(name, [fixture], asked)).toMatchObject(expected!)
    const verified = { ...asked, counts: 'verified' }
    const [row] = (await runQuery(name, [fixture], verified)) as Record<string, unknown>[]
    expect(row?.['users'] ?? row?.['exposedUsers']).toBe(1)
  })
})

const common = {
  v: 2,
  keyKind: 'client',
  source: '',
  id: 'e',
  environmentId: 'demo',
  at: 1500,
  receivedAt: 1501,
  protocol: 'ofrep',
  sdk: '',
  targetingKey: 'ann',
  attributes: {},
} as const
const base: Exposure = {
  ...common,
  kind: 'exposure',
  flagKey: 'checkout',
  flagVersion: 1,
  variationId: 'on',
  ruleId: 'split',
  revision: 1,
  verified: true,
  unitAttribute: '',
  unit: '',
}
const purchase: Tracking = { ...common, kind: 'tracking', type: 'goal', event: 'bought', value: 0 }

describe.skipIf(!hasChdb)('a plain count', () => {
  const at = fc.integer({ min: 997, max: 1012 })
  const anyone = {
    at,
    receivedAt: at,
    targetingKey: fc.constantFrom('ann', 'ben', 'cat', ''),
    protocol: fc.constantFrom('ofrep' as const, 'bucketeer' as const, 'flagship-io' as const),
    sdk: fc.constantFrom('', 'js'),
    keyKind: fc.constantFrom('client' as const, 'server' as const, '' as const),
    source: fc.constantFrom('', 'here', 'there'),
  }
  const exposure = fc.record({
    ...anyone,
    flagKey: fc.constantFrom('checkout', 'checkout', 'search'),
    variationId: fc.constantFrom('on', 'off'),
    ruleId: fc.constantFrom('split', 'split', 'staff'),
    verified: fc.boolean(),
    unitAttribute: fc.constantFrom('', 'team', 'team', 'office'),
    unit: fc.constantFrom('', 'red', 'blue', 'ann'),
  })
  /** Whether version 1 wrote the record, without its new fields. */
  const isOld = fc.boolean()
  const settings = {
    counts: fc.constantFrom<Counts>('all', 'verified', 'server'),
    unitAttribute: fc.constantFrom('', 'team'),
    sourceUsersMax: fc.constantFrom(0, 1, 2),
  }
  const tracking = fc.record({
    ...anyone,
    event: fc.constantFrom('bought', 'visited'),
    value: fc.integer({ min: -3, max: 9 }),
    content: fc.constantFrom(undefined, '', 'tea', 'milk'),
  })
  const records = fc
    .array(
      fc.oneof(
        fc.tuple(exposure, isOld).map(([part, old]) => toVersion({ ...base, ...part }, old)),
        fc.tuple(tracking, isOld).map(([part, old]) => toVersion({ ...purchase, ...part }, old)),
      ),
      { maxLength: 40, size: 'max' },
    )
    .map((all) => {
      // Ids are unique among the events of one user and kind only.
      const counts = new Map<string, number>()
      return all.map((record): EventRecord => {
        const group = `${record.kind} ${record.targetingKey}`
        counts.set(group, (counts.get(group) ?? 0) + 1)
        return { ...record, id: `${counts.get(group)}` }
      })
    })

  it(
    'agrees with experiment.sql on any records',
    () =>
      fc.assert(
        fc.asyncProperty(records, fc.record(settings), async (all, { counts, unitAttribute }) => {
          const parameters = {
            counts,
            unitAttribute,
            from: 1000,
            to: 1010,
            flagKey: 'checkout',
            ruleId: 'split',
            event: 'bought',
            sameWithinMs,
            clockSkewMaxMs,
            requestDelayMaxMs,
          }
          expect(
            await runQuery(
              'experiment',
              [
                toNdjson([...all, ...all])
                  .trimEnd()
                  .split('\n'),
              ],
              parameters,
            ),
          ).toEqual(plainExperiment(all, counts, unitAttribute))
        }),
        { numRuns: 40 },
      ),
    300_000,
  )

  it(
    'agrees with event-rate.sql on any records',
    () =>
      fc.assert(
        fc.asyncProperty(records, fc.record(settings), async (all, { counts, sourceUsersMax }) => {
          const parameters = {
            counts,
            sourceUsersMax,
            countingFrom: 1000,
            flagKey: 'checkout',
            variationId: 'on',
            event: 'bought',
            clockSkewMaxMs,
            requestDelayMaxMs,
          }
          expect(
            await runQuery(
              'event-rate',
              [
                toNdjson([...all, ...all])
                  .trimEnd()
                  .split('\n'),
              ],
              parameters,
            ),
          ).toEqual([plainEventRate(all, counts, sourceUsersMax)])
        }),
        { numRuns: 40 },
      ),
    300_000,
  )
})

function toVersion(record: Exposure | Tracking, isOld: boolean): EventRecord {
  if (!isOld) return record
  const { keyKind: _, source: __, ...common } = record
  if (common.kind === 'tracking') {
    const { type: ___, ...tracking } = common
    return { ...tracking, v: 1 }
  }
  const { revision: ___, verified: ____, unitAttribute: _____, unit: ______, ...exposure } = common
  return { ...exposure, v: 1 }
}
