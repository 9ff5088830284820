// The adapter of Analytics Engine's SQL API against a server of ours: no account of Cloudflare is asked. What
// the API answers is that of ClickHouse, of whose SQL Analytics Engine has a part, and as Cloudflare's pages
// show it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { RequestRow, requestsDataset, requestsQuery } from '../analytics/requests-query.ts'
import { loadChdb } from '../batch/lake/clickhouse.ts'
import { hasChdb } from './support/chdb.ts'
import { close, listen } from './support/simulated-stack.ts'
import { queryAnalytics } from '../workers/storage/analytics-sql.ts'

let server: Server | undefined
afterEach(async () => {
  if (server) await close(server)
  server = undefined
})

interface Asked {
  readonly path: string | undefined
  readonly authorization: string | undefined
  readonly sql: string
}

async function api(answer: (sql: string) => Promise<string>, status = 200) {
  const asked: Asked[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const sql = Buffer.concat(chunks).toString()
    asked.push({ path: request.url, authorization: request.headers.authorization, sql })
    response.writeHead(status).end(await answer(sql))
  }
  server = createServer((request, response) => void handle(request, response))
  const env = { ANALYTICS_ACCOUNT_ID: 'acc', ANALYTICS_TOKEN: 'secret', ANALYTICS_API: await listen(server) }
  return { env, asked }
}

const ask = (env: Parameters<typeof queryAnalytics>[0], environmentId = 'demo') =>
  queryAnalytics(env, requestsQuery(environmentId, 500_000, 500_002), RequestRow)

/** Points as edge writes them (analytics/requests.ts), as a table of Analytics Engine. */
const points = `WITH ${requestsDataset} AS (
  SELECT toDateTime(seconds) AS timestamp, _sample_interval, index1, blob1, blob2, double1, double2, double3
  FROM format(JSONEachRow, 'seconds UInt32, _sample_interval UInt32, index1 String, blob1 String, blob2 String,
    double1 Float64, double2 Float64, double3 Float64', {points:String}))`

const point = (
  seconds: number,
  interval: number,
  [decisions, staleMs, durationMs]: [number, number, number],
  outcome = 'OK',
  environmentId = 'demo',
) => ({
  seconds: 500_000 * 3_600 + seconds,
  _sample_interval: interval,
  index1: environmentId,
  blob1: 'ofrep',
  blob2: outcome,
  double1: decisions,
  double2: staleMs,
  double3: durationMs,
})

describe('the SQL API of Analytics Engine', () => {
  it.skipIf(!hasChdb)('is asked for requests by hour, which ClickHouse answers', async () => {
    const rows = [
      point(10, 30, [200, 100, 5]),
      point(20, 1, [1, 0, 50]),
      point(30, 1, [0, 0, 2], 'UNAUTHENTICATED'),
      point(3_700, 1, [1, 0, 3]),
      point(-1, 1, [9, 0, 3]),
      point(7_200, 1, [9, 0, 3]),
      point(10, 1, [9, 0, 3], 'OK', String.raw`it's \ not`),
    ]
    const { queryBindAsync } = await loadChdb()
    const lines = rows.map((row) => JSON.stringify(row)).join('\n')
    const { env, asked } = await api(async (sql) =>
      (await queryBindAsync(points + sql, { points: lines }, { format: 'JSON' })).text(),
    )
    const common = { hour: 500_000, protocol: 'ofrep' }
    expect(await ask(env)).toEqual({
      ok: true,
      value: [
        {
          ...common,
          hour: 500_001,
          outcome: 'OK',
          requests: 1,
          decisions: 1,
          staleMs: 0,
          p95Ms: 3,
          sampledBy: 1,
          newest: 1_800_003_700,
        },
        {
          ...common,
          outcome: 'OK',
          requests: 31,
          decisions: 6_001,
          staleMs: 3_000 / 31,
          p95Ms: 5,
          sampledBy: 30,
          newest: 1_800_000_020,
        },
        {
          ...common,
          outcome: 'UNAUTHENTICATED',
          requests: 1,
          decisions: 0,
          staleMs: 0,
          p95Ms: 2,
          sampledBy: 1,
          newest: 1_800_000_030,
        },
      ],
    })
    expect(await ask(env, String.raw`it's \ not`)).toMatchObject({ value: [{ decisions: 9 }] })
    expect(asked[0]).toMatchObject({
      path: '/accounts/acc/analytics_engine/sql',
      authorization: 'Bearer secret',
    })
  })

  it('answers numbers of 64 bits as text, and no row of an empty dataset', async () => {
    const row = { hour: '500000', protocol: 'ofrep', outcome: 'OK', requests: '3', decisions: 4, staleMs: 0 }
    const data = [{ ...row, p95Ms: 1, sampledBy: '1', newest: 1_800_000_000 }]
    const meta = [{ name: 'hour', type: 'UInt64' }]
    const body = (some: unknown[]) =>
      JSON.stringify({ meta, data: some, rows: some.length, rows_before_limit_at_least: some.length })
    const full = await api(() => Promise.resolve(body(data)))
    expect(await ask(full.env)).toMatchObject({ value: [{ hour: 500_000, requests: 3 }] })
    await close(server!)
    expect(await ask((await api(() => Promise.resolve(body([])))).env)).toEqual({ ok: true, value: [] })
  })

  it.each([
    [
      403,
      '{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}',
      'refuses ANALYTICS_TOKEN',
    ],
    [422, "Input validation error: unknown function 'x'", 'does not answer'],
    [200, '<h1>Just a moment</h1>', 'does not answer'],
    [200, '{"data":[{"hour":"soon"}]}', 'does not answer'],
  ])('that answers %i %s is unavailable', async (status, body, message) => {
    const { env } = await api(() => Promise.resolve(body), status)
    expect(await ask(env)).toMatchObject({
      problem: { code: 'UNAVAILABLE', message: expect.stringContaining(message) },
    })
  })

  it('is not asked without an account and a token', async () => {
    expect(await ask({ ANALYTICS_ACCOUNT_ID: '', ANALYTICS_TOKEN: 'secret' })).toMatchObject({
      problem: { code: 'NOT_FOUND', message: expect.stringContaining('ANALYTICS_ACCOUNT_ID') },
    })
  })
})
