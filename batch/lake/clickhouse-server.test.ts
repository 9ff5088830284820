// Counts of a ClickHouse server beside those of this process, and what happens when the server fails. The
// server is test/support/clickhouse-over-http.ts: the engine is ClickHouse's, its network is not.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { hasChdb } from '../../test/support/chdb.ts'
import {
  type ClickHouseOverHttp,
  serverCluster,
  serverUser,
  startClickHouseOverHttp,
} from '../../test/support/clickhouse-over-http.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { experiment, killSwitch, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { close, listen } from '../../test/support/simulated-stack.ts'
import { compact } from '../jobs/compact.ts'
import { lakeCache, type RecordFiles } from './cache.ts'
import { loadChdb } from './clickhouse.ts'
import { inPieces, openClickHouseServer, serverPatience } from './clickhouse-server.ts'
import { countExperiment } from '../counting/counts.ts'
import { askedMinutes, minutesCounter } from '../counting/operation-minutes.ts'
import { openProjections } from '../counting/projections.ts'
import { projectedRecords } from '../counting/projected-records.ts'
import { recordsInPlace } from '../counting/records-in-place.ts'
import { countOnServer } from '../counting/server-counts.ts'
import { inBucket, type ServerSource } from './record-source.ts'
import { s3Store } from './s3.ts'

const quick = {
  ...serverPatience,
  silenceMaxMs: 60_000,
  attemptsMax: 3,
  waitMs: 1,
  waitMaxMs: 5,
  givenUpMs: 0,
}
const window = { from: startAt, to: startAt + 86_400_000 }
const now = startAt + 3_600_000

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
let clickHouse: ClickHouseOverHttp
const clients: { close(): Promise<void> }[] = []

function connect(options: Partial<Parameters<typeof openClickHouseServer>[0]> = {}, how = quick) {
  const secrets = [lake.s3.secretAccessKey]
  const client = openClickHouseServer({ url: clickHouse.url, ...serverUser, secrets, ...options }, how)
  clients.push(client)
  return client
}

const waysOf = (count: ReturnType<typeof countOnServer>, minutes: ReturnType<typeof minutesCounter>) => ({
  count,
  minutes,
})
const embeddedWay = () => {
  const projections = openProjections(lake.clickHouse, path.join(lake.root, 'projections'))
  return waysOf(lake.count, minutesCounter(lake.clickHouse, projectedRecords(lake.clickHouse, projections)))
}

function onServer(changes: Partial<ServerSource> = {}, client = connect()) {
  const usual = { root: lake.root, lake: lake.s3, collection: undefined, cluster: undefined }
  const records = recordsInPlace(client, inBucket({ ...usual, ...changes }))
  return waysOf(countOnServer(client, records), minutesCounter(client, records))
}

/** As a run that counts on a server sees the lake: parts stay there. */
async function filesOf(folder = lake.root) {
  const cache = lakeCache(s3Store(lake.s3), folder, now, undefined, 'left')
  const files = await cache.files('demo', window)
  if (!files.ok) throw new Error(files.problem.message)
  return files.value
}

const watched = askedMinutes({ operation: killSwitch(), event: 'bought' }, 1, window.to)
const countOn = async ({ count, minutes }: ReturnType<typeof onServer>, files: RecordFiles) =>
  [
    await countExperiment(count, files, experiment(), window, 'bought'),
    await minutes(files, [watched]),
  ] as const

describe.skipIf(!hasChdb)('ClickHouse on a server', () => {
  beforeAll(async () => {
    lake = await startSimulatedLake()
    clickHouse = await startClickHouseOverHttp()
    lake.add([...visitRecords('control', 50, 5), ...visitRecords('green', 50, 10)])
    const events = await lake.run((context) => compact('demo', context), now, { smallMax: 0 })
    expect(events.map(({ kind }) => kind)).toContain('compacted')
    // Copies of what is in parts, and records that are not.
    lake.add([...visitRecords('green', 55, 12)])
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    await clickHouse.close()
    await lake.close()
  })
  beforeEach(() => {
    clickHouse.intercept = () => false
    clickHouse.asked.length = 0
  })

  it('counts what this process counts, over parts that it has not fetched', async () => {
    const folder = lake.newFolder()
    const files = await filesOf(folder)
    expect([files.raw.length > 0, files.parts.length > 1]).toEqual([true, true])
    expect(
      readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.parquet')),
    ).toEqual([])
    const embedded = await countOn(embeddedWay(), await lake.files(window, now))
    expect(embedded[0]).toMatchObject({ value: [{ users: 50 }, { users: 55, conversions: 12 }] })
    expect(await countOn(onServer({ root: folder }), files)).toEqual(embedded)
    expect(await countOn(onServer({ root: folder, cluster: serverCluster }), files)).toEqual(embedded)
    expect(clickHouse.asked.at(-1)?.query).toContain('s3Cluster(')
  })

  it('counts by a named collection, without any credentials of the lake', async () => {
    const { queryBindAsync } = await loadChdb()
    const { endpoint, bucket, accessKeyId, secretAccessKey } = lake.s3
    await queryBindAsync(
      `CREATE NAMED COLLECTION lake AS url = '${endpoint}/${bucket}/', access_key_id = '${accessKeyId}', ` +
        `secret_access_key = '${secretAccessKey}'`,
      {},
    )
    const files = await filesOf()
    const embedded = await countOn(embeddedWay(), await lake.files(window, now))
    const unknowing = { ...lake.s3, accessKeyId: 'x', secretAccessKey: 'x' }
    const source = { collection: 'lake', lake: unknowing }
    expect(await countOn(onServer(source), files)).toEqual(embedded)
    expect(await countOn(onServer({ ...source, cluster: serverCluster }), files)).toEqual(embedded)
  })

  it('answers for an empty lake', async () => {
    expect(await countOn(onServer(), { raw: [], parts: [] })).toEqual([
      { ok: true, value: [] },
      { ok: true, value: [[]] }, // of one operation
    ])
  })

  it('reads more objects than one field of a form can name', async () => {
    const files = await filesOf()
    const [copy] = lake.add(visitRecords('red', 1, 0))
    const { body, headers } = lake.bucket.objects.get(copy!)!
    const keys = Array.from({ length: 400 }, (_, i) =>
      copy!.replace(/[^/]+$/, `${'copy-'.repeat(50)}${i}.ndjson.gz`),
    )
    for (const key of keys) lake.bucket.objects.set(key, { body, headers })
    const raw = [...files.raw, ...keys.map((key) => path.join(lake.root, key))]
    const all = { raw, parts: files.parts }
    const counted = await countExperiment(onServer().count, all, experiment(), window, 'bought')
    for (const key of [copy!, ...keys]) lake.bucket.objects.delete(key)
    expect(counted).toMatchObject({ value: [{ users: 50 }, { users: 55 }, { variationId: 'red', users: 1 }] })
  })

  it('sends no secret where a proxy or ClickHouse logs it', async () => {
    const logged = `SELECT query FROM system.processes
      WHERE (SELECT count() FROM s3({files:String}, {accessKeyId:String}, {secretAccessKey:String}, 'LineAsString', 'line String')) >= 0`
    const { accessKeyId, secretAccessKey, endpoint, bucket } = lake.s3
    const values = { accessKeyId, secretAccessKey, files: `${endpoint}/${bucket}/events/none/*` }
    const rows = await connect().rows('log', logged, z.object({ query: z.string() }), values)
    expect(rows).toMatchObject({
      ok: true,
      value: [{ query: expect.stringContaining("'local', '[HIDDEN]'") }],
    })
    await countOn(onServer(), await filesOf())
    expect(clickHouse.asked.length).toBeGreaterThan(2)
    for (const { line } of clickHouse.asked) {
      expect(line).not.toContain(secretAccessKey)
      expect(line).not.toContain('param_')
      expect(decodeURIComponent(line)).not.toContain(serverUser.password)
    }
  })

  it('prints no secret that a message repeats', async () => {
    clickHouse.intercept = (_, response) =>
      refuse(response, 62, `Syntax error: ${lake.s3.secretAccessKey} ${serverUser.password}. (SYNTAX_ERROR)`)
    const [failed] = await countOn(onServer(), { raw: [], parts: [] })
    expect(failed).toMatchObject({
      problem: { kind: 'job', message: expect.stringContaining('Syntax error: [HIDDEN] [HIDDEN].') },
    })
  })

  it('names an object that it cannot read, instead of counting less', async () => {
    const files = await filesOf()
    const [first] = files.parts
    const key = path.relative(lake.root, first!.file)
    const whole = lake.bucket.objects.get(key)!
    const half = whole.body.subarray(0, whole.body.byteLength / 2)
    for (const body of [half, new Uint8Array(), undefined]) {
      if (body) lake.bucket.objects.set(key, { ...whole, body })
      else lake.bucket.objects.delete(key)
      const [failed] = await countOn(onServer(), files)
      expect(failed).toMatchObject({
        ok: false,
        problem: { kind: 'job', message: expect.stringContaining(path.basename(key)) },
      })
    }
    expect((await filesOf()).damaged).toMatchObject([{ key, isCounted: false }])
    lake.bucket.objects.set(key, whole)
  })

  it('that refuses the user is not asked again', async () => {
    const client = connect({ password: 'wrong' })
    const [failed] = await countOn(onServer({}, client), { raw: [], parts: [] })
    expect(failed).toMatchObject({
      problem: { kind: 'clickhouse-refused', message: expect.stringContaining('refuses runner: ') },
    })
    expect(clickHouse.asked.length).toBe(2) // one for each query
  })

  const busy: [string, (response: ServerResponse) => boolean][] = [
    [
      'too many queries',
      (response) => refuse(response, 202, 'Too many simultaneous queries. (TOO_MANY_SIMULTANEOUS_QUERIES)'),
    ],
    ['a proxy that has no server', (response) => Boolean(response.writeHead(503).end('<h1>503</h1>'))],
    ['a connection that breaks off', (response) => Boolean(response.destroy())],
  ]
  it.each(busy)('is asked again after %s', async (_, fail) => {
    let failures = 2
    clickHouse.intercept = (_request, response) => failures-- > 0 && fail(response)
    const files = await filesOf()
    expect((await countOn(onServer(), files))[0]).toMatchObject({
      ok: true,
      value: [{ users: 50 }, { users: 55 }],
    })
    clickHouse.intercept = (_request, response) => fail(response)
    expect((await countOn(onServer(), files))[0]).toMatchObject({
      problem: { kind: 'clickhouse-unreachable', message: expect.stringContaining(clickHouse.url) },
    })
  })

  it('that says nothing is given up', async () => {
    clickHouse.intercept = () => true
    const client = connect({}, { ...quick, silenceMaxMs: 300, givenUpMs: 60_000 })
    const failed = await countOn(onServer({}, client), { raw: [], parts: [] })
    expect(failed).toMatchObject([
      {
        problem: {
          kind: 'clickhouse-unreachable',
          message: expect.stringContaining('nothing came for 0.3 s'),
        },
      },
      { problem: { message: expect.stringContaining('it is not tried again for a while') } },
    ])
  })

  it('that is not there is named', async () => {
    const server = createServer()
    const url = await listen(server)
    await close(server)
    const [failed] = await countOn(onServer({}, connect({ url })), { raw: [], parts: [] })
    expect(failed).toMatchObject({
      problem: {
        kind: 'clickhouse-unreachable',
        message: expect.stringContaining(`does not answer at ${url}`),
      },
    })
  })

  it('is believed over TLS only with a certificate that was named', async () => {
    const folder = lake.newFolder()
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
    const options = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=clickhouse -keyout ${key} -out ${cert}`
    const named = ['-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync('openssl', [...options.split(' '), ...named], { stdio: 'ignore' })
    const secure = await startClickHouseOverHttp({
      key: readFileSync(key, 'utf8'),
      cert: readFileSync(cert, 'utf8'),
    })
    const certificates = readFileSync(cert)
    const none = { raw: [], parts: [] }
    const trusting = await countOn(onServer({}, connect({ url: secure.url, certificates })), none)
    const other = await countOn(onServer({}, connect({ url: secure.url })), none)
    await secure.close()
    expect(trusting[0]).toEqual({ ok: true, value: [] })
    expect(other[0]).toMatchObject({
      problem: {
        kind: 'clickhouse-unreachable',
        message: expect.stringContaining('self-signed certificate'),
      },
    })
  })
})

it('splits a long value only, and puts it together again in the statement', () => {
  const long = 'ab'.repeat(60_000)
  const { query, query_params: values } = inPieces('f({files:String}, {day:String})', {
    files: long,
    day: 'd',
  })
  expect(query).toBe('f(concat({files_0:String}, {files_1:String}), {day:String})')
  expect(values).toEqual({ files_0: long.slice(0, 100_000), files_1: long.slice(100_000), day: 'd' })
})

function refuse(response: ServerResponse, code: number, message: string): true {
  response.writeHead(500, { 'x-clickhouse-exception-code': code })
  response.end(`Code: ${code}. DB::Exception: ${message} (version 26.7.2.1)`)
  return true
}
