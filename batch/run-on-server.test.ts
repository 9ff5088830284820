// The whole runner with a ClickHouse server that counts (test/support/clickhouse-over-http.ts).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasChdb } from '../test/support/chdb.ts'
import {
  type ClickHouseOverHttp,
  serverUser,
  startClickHouseOverHttp,
} from '../test/support/clickhouse-over-http.ts'
import {
  checkout,
  experiment,
  hourMs,
  killSwitch,
  purchase,
  startAt,
  visitRecords,
} from '../test/support/simulated-shop.ts'
import {
  close,
  listen,
  type SimulatedStack,
  simulatedToken,
  startSimulatedStack,
} from '../test/support/simulated-stack.ts'
import { readConfiguration } from './configuration.ts'
import type { RunEvent } from './run-event.ts'
import { runBatch } from './run.ts'

let stack: SimulatedStack
let clickHouse: ClickHouseOverHttp
let bucketServer: Server
let onServer: Record<string, string>
const folders: string[] = []

async function run(variables: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-server-'))
  folders.push(folder)
  const own = { TACKLINE_URL: stack.url, TACKLINE_TOKEN: simulatedToken, TACKLINE_LAKE_CACHE: folder }
  const configuration = readConfiguration({ ...own, ...variables }, undefined)
  if (!configuration.ok) throw new Error(configuration.problem.message)
  stack.posts.length = 0
  const events: RunEvent[] = []
  const exitCode = await runBatch(
    {
      work: 'all',
      environmentId: undefined,
      engine: 'exact',
      isDryRun: false,
      isRecount: false,
      lakeOrder: undefined,
    },
    {
      configuration: configuration.value,
      variables: {},
      now: startAt + 24 * hourMs,
      onEvent: (event) => events.push(event),
    },
  )
  return { exitCode, events, posts: [...stack.posts] }
}

describe.skipIf(!hasChdb)('a run that counts on a ClickHouse server', () => {
  beforeAll(async () => {
    stack = await startSimulatedStack({
      flags: [checkout],
      goals: [purchase, { ...purchase, key: 'revenue', metric: { kind: 'value', cap: 50 } }],
      experiments: [experiment({ goalKeys: ['purchase', 'revenue'] })],
      operations: [killSwitch({ threshold: 0.1, delayMs: 24 * hourMs })],
      records: [...visitRecords('control', 600, 60), ...visitRecords('green', 610, 120)],
    })
    bucketServer = createServer(
      (request, response) => void stack.bucket.answer(request, response, '/tackline-lake'),
    )
    clickHouse = await startClickHouseOverHttp()
    onServer = {
      TACKLINE_CLICKHOUSE_URL: clickHouse.url,
      TACKLINE_CLICKHOUSE_USER: serverUser.user,
      TACKLINE_CLICKHOUSE_PASSWORD: serverUser.password,
      TACKLINE_CLICKHOUSE_S3_ENDPOINT: await listen(bucketServer),
    }
  })
  afterAll(async () => {
    for (const folder of folders) rmSync(folder, { recursive: true })
    await clickHouse.close()
    await close(bucketServer)
    await stack.close()
  })

  it('stores the results and applies the operations of a run that counts in its own process', async () => {
    const embedded = await run({})
    expect(embedded.posts.length).toBe(3)
    expect(clickHouse.asked).toEqual([])
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-server-'))
    const again = { ...onServer, TACKLINE_LAKE_CACHE: folder }
    expect(await run(again)).toEqual(embedded)
    // Aliases and counts, of operations, of experiments and of the goal with a metric.
    expect(clickHouse.asked.length).toBe(6)
    // With nothing new it asks nothing, unless what it kept is not what it wrote.
    expect(await run(again)).toEqual(embedded)
    expect(clickHouse.asked.length).toBe(6)
    const kept = path.join(folder, 'counts', 'environment=demo', 'experiments.json')
    writeFileSync(kept, readFileSync(kept, 'utf8').replace('600', '601'))
    expect(await run(again)).toEqual(embedded)
    expect(clickHouse.asked.length).toBe(8)
  })

  it.each([
    ['refuses the user', { TACKLINE_CLICKHOUSE_PASSWORD: 'wrong' }, 11],
    ['cannot reach the lake', { TACKLINE_CLICKHOUSE_S3_ENDPOINT: 'http://127.0.0.1:1' }, 8],
  ])(
    'ends with a code of its own if the server %s',
    async (_, changes, code) => {
      const { exitCode, posts } = await run({ ...onServer, ...changes })
      expect({ exitCode, posts }).toEqual({ exitCode: code, posts: [] })
    },
    120_000,
  )

  it('reads the certificates before it counts', async () => {
    const { exitCode, events } = await run({ ...onServer, TACKLINE_CLICKHOUSE_CA: '/none/ca.pem' })
    expect(exitCode).toBe(2)
    expect(events).toMatchObject([{ failure: { message: expect.stringContaining('/none/ca.pem') } }])
  })
})
