// Runs each query over its fixture in real ClickHouse, embedded and over HTTP, and compares the queries with
// plain counts in TypeScript. In a fixture, `//` says what a line is there for; ClickHouse skips it like any
// unknown field.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { openClickHouseServer } from '../../batch/lake/clickhouse-server.ts'
import { inBucket } from '../../batch/lake/record-source.ts'
import { toNdjson } from '../lake.ts'
import { EventEnvelope, EventRecord } from '../records.ts'
import {
  clockSkewMaxMs,
  copyHorizonMs,
  requestDelayMaxMs,
  sameWithinMs,
} from '../../test/support/plain-counts.ts'
import { variationsOf } from '../../batch/counting/answers.ts'
import { countEmbedded } from '../../batch/counting/counts.ts'
import type { Asked, Question } from '../../batch/counting/question.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import { countOnServer } from '../../batch/counting/server-counts.ts'
import type { CountQuestions, Tolerances, Totals } from '../../batch/counting/totals.ts'
import { anyQuestion, base, countableRecords, plainQuestions } from '../../test/support/countable-records.ts'
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
let ways: Record<'embedded' | 'server', CountQuestions>
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
  const bucketOf = { collection: undefined, cluster: undefined }
  ways = {
    embedded: countEmbedded(openClickHouse(loadChdb)),
    server: countOnServer(client, recordsInPlace(client, inBucket({ ...bucketOf, root: folder, lake }))),
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

type Parameters = Partial<Question> & { readonly goalEvent: string }
const tolerances = { sameWithinMs: 50, copyHorizonMs: 500, clockSkewMaxMs: 30, requestDelayMaxMs: 20 }

/** Each list of lines becomes one object of the lake. Asked embedded and of a server, which must agree. */
async function totalsOf(
  objects: readonly (readonly string[])[],
  asked: readonly Asked[],
  allowed: Tolerances,
): Promise<Totals> {
  const raw = objects.map((text, i) => {
    const body = gzipSync(text.map((line) => `${line}\n`).join(''))
    bucket.objects.set(`${i}.ndjson.gz`, { body, headers: {} })
    const file = path.join(folder, `${i}.ndjson.gz`)
    writeFileSync(file, body)
    return file
  })
  const [embedded, server] = await Promise.all(
    [ways.embedded, ways.server].map(async (count) => {
      const totals = await count({ raw, parts: [] }, asked, allowed)
      if (!totals.ok) throw new Error(totals.problem.message)
      return totals.value
    }),
  )
  for (const { x } of asked) expect(variationsOf(server!, x, 1)).toEqual(variationsOf(embedded!, x, 1))
  return embedded!
}

async function runQuery(
  objects: readonly (readonly string[])[],
  { goalEvent, ...parameters }: Parameters,
): Promise<unknown[]> {
  const question = { ...anyQuestion, ...parameters, events: [goalEvent] }
  return variationsOf(await totalsOf(objects, [{ x: 7, question }], tolerances), 7, 1)
}

const parameters: Parameters = { rule: 'split', goalEvent: 'bought' }

describe.skipIf(!hasChdb)('experiment', () => {
  const fixture = lines('experiment.fixture.ndjson')
  const expected = parse(lines('experiment.expected.ndjson').join('\n'))

  it('has a fixture of valid records', () => {
    for (const line of fixture) {
      const record = JSON.parse(line) as Record<string, unknown>
      delete record['//']
      expect(EventRecord.safeParse(record).error).toBeUndefined()
    }
  })

  it('gives the expected table', async () => {
    expect(await runQuery([fixture], parameters)).toEqual(expected)
  })

  it('gives it however the lines are spread over objects, in whatever order', async () => {
    const evenLines = fixture.filter((_, i) => i % 2 === 0)
    const oddLines = fixture.filter((_, i) => i % 2 === 1)
    expect(await runQuery([oddLines.toReversed(), evenLines], parameters)).toEqual(expected)
  })

  it('gives it when every object is there twice', async () => {
    expect(await runQuery([fixture, fixture], parameters)).toEqual(expected)
  })

  it('answers for an empty lake, and for an empty object', async () => {
    expect(await runQuery([], parameters)).toEqual([])
    expect(await runQuery([[]], parameters)).toEqual([])
  })

  it('takes names with quotes, braces and other scripts for what they are', async () => {
    const odd = `it's "{odd}" \\ 料\t;--`
    const record = { ...base, flagKey: odd, ruleId: odd, variationId: odd, targetingKey: odd }
    const answer = await runQuery([[JSON.stringify(record)]], {
      ...parameters,
      flagKey: odd,
      rule: odd,
    })
    expect(answer).toMatchObject([{ variationId: odd, users: 1 }])
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

  it('are read', async () => {
    const row = { variationId: 'on', users: 2, conversions: 2, verifiedUsers: 1, unverifiedUsers: 0 }
    expect(await runQuery([fixture], parameters)).toMatchObject([row])
    expect(await runQuery([fixture], { ...parameters, counts: 'verified' })).toMatchObject([{ users: 1 }])
  })
})

describe.skipIf(!hasChdb)('a plain count', () => {
  it(
    'agrees on any records, with aliases and copies, for all questions of one pass',
    () =>
      fc.assert(
        fc.asyncProperty(countableRecords, async (all) => {
          const found = await countEach(all)
          for (const [i, { question, plain }] of plainQuestions.entries())
            expect({ question, found: found[i] }).toEqual({ question, found: plain(all) })
        }),
        { numRuns: scaled(3) },
      ),
    300_000,
  )
})

async function countEach(all: readonly EventRecord[]) {
  const numbered = plainQuestions.map(({ question }, i) => ({ x: i + 1, question }))
  const allowed = { sameWithinMs, copyHorizonMs, clockSkewMaxMs, requestDelayMaxMs }
  const lines = toNdjson([...all, ...all])
    .trimEnd()
    .split('\n')
  const totals = await totalsOf([lines], numbered, allowed)
  return numbered.map(({ x }) => variationsOf(totals, x, 1))
}
