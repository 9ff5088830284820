// No acknowledged event is lost or counted twice: real edge, real queue, and the product's ingest with
// failing bindings.
import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventRecord } from '../../analytics/records.ts'
import { askedMinutes, minutesCounter } from '../../batch/counting/operation-minutes.ts'
import { lakeCache } from '../../batch/lake/cache.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import { onDisk } from '../../batch/lake/record-source.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import type { Operation } from '../../core/model/operation.ts'
import { call } from '../../scripts/admin.ts'
import { seedDemo } from '../../scripts/demo-data.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
let stack: Stack
let clientKey: string

beforeAll(async () => {
  stack = await startStack({
    port: await freePort(),
    directory,
    state: 'keep',
    configs: { ingest: 'test/e2e/flaky-ingest/wrangler.toml' },
  })
  ;({ clientKey } = await seedDemo(stack, 'demo'))
}, 60_000)
afterAll(() => stack.stop())

const users = 400
const perRequest = 10

/** The events of one user in Bucketeer's form: an exposure, and for every fifth user an error goal. */
function eventsOf(user: string, n: number): object[] {
  const common = {
    timestamp: Math.floor(Date.now() / 1000),
    sourceId: 7,
    sdkVersion: '2.6.1',
    metadata: {},
    userId: user,
    user: { id: user, data: {} },
    tag: 'web',
  }
  const type = 'type.googleapis.com/bucketeer.event.client.'
  const met = {
    ...common,
    featureId: 'fast-search',
    featureVersion: 1,
    variationId: 'search-on',
    reason: { type: 'DEFAULT' },
    '@type': `${type}EvaluationEvent`,
  }
  const reached = { ...common, goalId: 'search-error', value: 0, '@type': `${type}GoalEvent` }
  return [met, ...(n % 5 === 0 ? [reached] : [])].map((event) => ({ id: randomUUID(), event }))
}

it('counts every acknowledged event once, whichever way ingest fails', async () => {
  const acknowledged: string[] = []
  for (let from = 0; from < users; from += perRequest) {
    const events = Array.from({ length: perRequest }, (_, i) => eventsOf(`user-${from + i}`, from + i)).flat()
    const response = await fetch(`${stack.url}/register_events`, {
      method: 'POST',
      headers: { authorization: clientKey, 'content-type': 'application/json' },
      body: JSON.stringify({ events, sdkVersion: '2.6.1', sourceId: 7 }),
    })
    expect(await response.json()).toEqual({ errors: {} })
    acknowledged.push(...events.map((event) => (event as { id: string }).id))
  }
  const { operations } = await call<{ operations: Operation[] }>(
    stack,
    'GET',
    '/environments/demo/operations',
  )
  const arrived = await untilAllArrived(acknowledged.length)
  expect([...new Set(arrived.ids)].toSorted()).toEqual(acknowledged.toSorted())
  expect(arrived.ids.length, 'the faults made something be written twice').toBeGreaterThan(
    acknowledged.length,
  )
  const watched = askedMinutes({ operation: operations[0]!, event: 'search-error' }, 1, Date.now())
  const clickHouse = openClickHouse(loadChdb)
  const count = minutesCounter(clickHouse, recordsInPlace(clickHouse, onDisk))
  const counted = await count({ raw: arrived.files, parts: [] }, [watched])
  if (!counted.ok) throw new Error(counted.problem.message)
  const sumOf = (field: 'users' | 'goalUsers' | 'verifiedUsers' | 'unverifiedUsers' | 'usersOverLimit') =>
    counted.value[0]!.reduce((sum, row) => sum + row[field], 0)
  expect([sumOf('users'), sumOf('goalUsers'), sumOf('verifiedUsers')]).toEqual([users, users / 5, users])
  expect([sumOf('unverifiedUsers'), sumOf('usersOverLimit')]).toEqual([0, 0])
}, 120_000)

/** All lines of the lake, after every acknowledged event has arrived and no more arrive. */
async function untilAllArrived(wanted: number): Promise<{ ids: string[]; files: readonly string[] }> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' }
  const store = s3Store({
    endpoint: `${stack.url}/cdn-cgi/local/r2/s3`,
    bucket: 'tackline-lake',
    ...credentials,
  })
  const window = { from: Date.now() - 3_600_000, to: Date.now() + 3_600_000 }
  let before = -1
  for (;;) {
    const files = await lakeCache(store, join(directory, 'lake'), Date.now()).files('demo', window)
    if (!files.ok) throw new Error(files.problem.message)
    const lines = files.value.raw.flatMap((path) =>
      gunzipSync(readFileSync(path)).toString().trim().split('\n'),
    )
    const ids = lines.map((line) => (JSON.parse(line) as EventRecord).id)
    if (new Set(ids).size >= wanted && ids.length === before) return { ids, files: files.value.raw }
    before = ids.length
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }
}
