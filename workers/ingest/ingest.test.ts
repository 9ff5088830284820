// The consumer in workerd, with real R2. Analytics Engine cannot be read locally:
// analytics/live-points.test.ts tests what is sent to it.
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventMessage, EventRecord } from '../../analytics/records.ts'
import { openDatabase } from '../storage/database.ts'
import { readUsage } from '../storage/usage.ts'
import ingest, { type IngestBindings } from './index.ts'

const env = bindings as unknown as IngestBindings
const nine = Date.UTC(2026, 10, 21, 9, 30)

const exposure = (id: string, changes: Partial<EventRecord> = {}): EventRecord =>
  ({
    v: 1,
    kind: 'exposure',
    id,
    environmentId: 'demo',
    at: nine,
    receivedAt: nine,
    protocol: 'ofrep',
    sdk: '',
    targetingKey: `user-${id}`,
    attributes: {},
    flagKey: 'banner',
    flagVersion: 1,
    variationId: 'on',
    ruleId: 'default',
    ...changes,
  }) as EventRecord

async function deliver(records: readonly EventRecord[], given: IngestBindings = env) {
  const messages = records.map((record, i) => ({
    id: `m${i}`,
    timestamp: new Date(nine),
    attempts: 1,
    body: { records: [record] },
  }))
  const batch = createMessageBatch<EventMessage>('tackline-events', messages)
  await ingest.queue(batch, given)
  return getQueueResult(batch, createExecutionContext())
}

async function stored(): Promise<Map<string, EventRecord[]>> {
  const { objects } = await env.LAKE.list()
  const read = objects.map(async ({ key }) => {
    const body = (await env.LAKE.get(key))!.body.pipeThrough(new DecompressionStream('gzip'))
    const lines = (await new Response(body).text()).trim().split('\n')
    return [key, lines.map((line) => JSON.parse(line) as EventRecord)] as const
  })
  return new Map(await Promise.all(read))
}

beforeEach(async () => {
  for (const { key } of (await env.LAKE.list()).objects) await env.LAKE.delete(key)
})

describe('a batch', () => {
  it('becomes one object per environment and hour of receipt, and is acknowledged', async () => {
    const later = nine + 3_600_000
    const result = await deliver([
      exposure('b'),
      exposure('a'),
      exposure('c', { receivedAt: later }),
      exposure('d', { environmentId: 'other' }),
    ])
    expect(result.ackAll).toBe(true)
    const objects = await stored()
    expect([...objects.keys()].map((key) => key.replace(/[0-9a-f]{64}/, '<digest>'))).toEqual([
      'events/v1/environment=demo/day=2026-11-21/hour=09/<digest>.ndjson.gz',
      'events/v1/environment=demo/day=2026-11-21/hour=10/<digest>.ndjson.gz',
      'events/v1/environment=other/day=2026-11-21/hour=09/<digest>.ndjson.gz',
    ])
    expect([...objects.values()][0]).toEqual([exposure('a'), exposure('b')])
  })

  it('that is delivered again, in any order, overwrites its objects', async () => {
    await deliver([exposure('a'), exposure('b')])
    await deliver([exposure('b'), exposure('a')])
    expect((await stored()).size).toBe(1)
  })

  it('is retried if R2 fails, and nothing of it is acknowledged', async () => {
    const failing = {
      ...env,
      LAKE: { put: vi.fn().mockRejectedValue(new Error('R2 is away')) } as unknown as R2Bucket,
    }
    const result = await deliver([exposure('a')], failing)
    expect(result).toMatchObject({ ackAll: false, retryBatch: { retry: true } })
    expect((await stored()).size).toBe(0)
  })

  it('is aggregated for the live view', async () => {
    const LIVE = { writeDataPoint: vi.fn() }
    await deliver(
      [exposure('a'), exposure('b'), exposure('c', { variationId: 'off' } as Partial<EventRecord>)],
      { ...env, LIVE },
    )
    expect(LIVE.writeDataPoint.mock.calls).toEqual([
      [{ indexes: ['demo'], blobs: ['exposure', 'ofrep', 'banner', 'on', ''], doubles: [2, 0] }],
      [{ indexes: ['demo'], blobs: ['exposure', 'ofrep', 'banner', 'off', ''], doubles: [1, 0] }],
    ])
  })

  it('stores when each variation was last exposed, which an older delivery does not change', async () => {
    const met = { environmentId: 'met' }
    const later = nine + 5_000
    await deliver([
      exposure('a', { ...met, receivedAt: later }),
      exposure('b', { ...met, variationId: "o'ff" } as Partial<EventRecord>),
    ])
    await deliver([exposure('c', met)])
    expect(await readUsage(openDatabase(env.DB), 'met', 'banner')).toEqual([
      { variationId: 'on', lastSeenAt: later },
      { variationId: "o'ff", lastSeenAt: nine },
    ])
  })

  it('is acknowledged also while D1 is unavailable', async () => {
    const DB = { prepare: vi.fn().mockRejectedValue(new Error('D1 is away')) } as unknown as D1Database
    expect((await deliver([exposure('a')], { ...env, DB })).ackAll).toBe(true)
    expect((await stored()).size).toBe(1)
  })
})
