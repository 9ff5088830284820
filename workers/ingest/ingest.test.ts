// The consumer in workerd, with real R2. Analytics Engine cannot be read locally:
// analytics/live-points.test.ts tests what is sent to it.
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventRecord } from '../../analytics/records.ts'
import { flagCounterOf, intakeOf } from '../live/live-counters.ts'
import { type IngestBindings, consume } from './consume.ts'
import { retryDelay } from './retry-delay.ts'

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

const deliver = (records: readonly EventRecord[], given?: IngestBindings) =>
  deliverBodies(
    records.map((record) => ({ records: [record] })),
    given,
  )

/** Resolves to the ids of the acknowledged messages, and to the delays of the others in seconds. */
async function deliverBodies(
  bodies: readonly unknown[],
  given: IngestBindings = env,
  { queue = 'tackline-events', attempts = 1 } = {},
) {
  const messages = bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(nine), attempts, body }))
  const batch = createMessageBatch(queue, messages)
  // What the queue was asked: its result does not tell the delays.
  const delays = new Map<string, number | undefined>()
  const watched = batch.messages.map((message) => ({
    id: message.id,
    timestamp: message.timestamp,
    attempts: message.attempts,
    body: message.body,
    ack: () => message.ack(),
    retry(options?: QueueRetryOptions) {
      delays.set(message.id, options?.delaySeconds)
      message.retry(options)
    },
  }))
  await consume({ queue, messages: watched } as unknown as MessageBatch, given)
  const { ackAll, explicitAcks, retryMessages, retryBatch } = await getQueueResult(
    batch,
    createExecutionContext(),
  )
  expect({ ackAll, retry: retryBatch.retry }).toEqual({ ackAll: false, retry: false })
  return {
    acknowledged: explicitAcks.toSorted(),
    retried: retryMessages.map(({ msgId }) => [msgId, delays.get(msgId)]),
  }
}

/** R2 that refuses what is put under some keys. */
const refusing = (refuses: (key: string) => boolean) => ({
  ...env,
  LAKE: {
    put: (key: string, ...rest: unknown[]) =>
      refuses(key)
        ? Promise.reject(new Error('R2 is away'))
        : (env.LAKE.put as (...all: unknown[]) => Promise<unknown>)(key, ...rest),
  } as unknown as R2Bucket,
})

const readJson = async (prefix: string) => {
  const { objects } = await env.LAKE.list({ prefix })
  return Promise.all(objects.map(async ({ key }) => (await env.LAKE.get(key))!.json()))
}

async function stored(): Promise<Map<string, EventRecord[]>> {
  const { objects } = await env.LAKE.list({ prefix: 'events/' })
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
    expect(result).toEqual({ acknowledged: ['m0', 'm1', 'm2', 'm3'], retried: [] })
    const objects = await stored()
    expect([...objects.keys()].map((key) => key.replace(/[0-9a-f]{64}/, '<digest>'))).toEqual([
      'events/v1/environment=demo/day=2026-11-21/hour=09/<digest>.ndjson.gz',
      'events/v1/environment=demo/day=2026-11-21/hour=10/<digest>.ndjson.gz',
      'events/v1/environment=other/day=2026-11-21/hour=09/<digest>.ndjson.gz',
    ])
    expect([...objects.values()][0]).toEqual([exposure('a'), exposure('b')])
  })

  it('that is delivered again, in any order, makes no second object', async () => {
    await deliver([exposure('a'), exposure('b')])
    const again = await deliver([exposure('b'), exposure('a')])
    expect(again).toEqual({ acknowledged: ['m0', 'm1'], retried: [] })
    expect((await stored()).size).toBe(1)
  })

  it('has its copies counted: what it holds twice, and what the lake had already', async () => {
    const own = (id: string) => exposure(id, { environmentId: 'copied' })
    const duplicates = async () => {
      const { hours } = await intakeOf(env, 'copied').readIntake(0)
      return hours.reduce((sum, { counts }) => sum + (counts.duplicates ?? 0), 0)
    }
    await deliver([own('a'), own('b')])
    expect(await duplicates()).toBe(0)
    await deliver([own('b'), own('a')])
    expect(await duplicates()).toBe(2)
    await deliver([own('c'), own('d'), own('c')])
    expect(await duplicates()).toBe(3)
  })

  it('is retried if R2 fails, and nothing of it is acknowledged', async () => {
    const result = await deliver(
      [exposure('a')],
      refusing(() => true),
    )
    expect(result).toEqual({ acknowledged: [], retried: [['m0', 5]] })
    expect((await stored()).size).toBe(0)
  })

  it('is acknowledged message by message: one that cannot be stored holds up no other', async () => {
    const bodies = [
      { records: [exposure('a')] },
      { records: [exposure('b', { environmentId: 'other' })] },
      { records: [exposure('c'), exposure('d', { environmentId: 'other' })] },
    ]
    const failing = refusing((key) => key.includes('environment=other'))
    expect(await deliverBodies(bodies, failing, { attempts: 3 })).toEqual({
      acknowledged: ['m0'],
      retried: [
        ['m1', 20],
        ['m2', 20],
      ],
    })
    expect([...(await stored()).values()]).toEqual([[exposure('a'), exposure('c')]])
  })

  it('loses only what cannot be read: that is kept aside with the reason, and all is acknowledged', async () => {
    const wrong = { ...exposure('b'), at: 'yesterday' }
    const bodies = ['no message', { records: [exposure('a'), wrong] }, { records: [exposure('c')] }]
    const result = await deliverBodies(bodies)
    expect(result).toEqual({ acknowledged: ['m0', 'm1', 'm2'], retried: [] })
    expect([...(await stored()).values()]).toEqual([[exposure('a'), exposure('c')]])
    const bad = (await readJson('bad/day=2026-11-21/')) as { messageId: string }[]
    expect(bad.toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1))).toEqual([
      { messageId: 'm0', bad: [{ reason: 'records.0: it is not JSON', content: 'no message' }] },
      { messageId: 'm1', bad: [{ reason: expect.stringContaining('records.1.at'), content: wrong }] },
    ])
  })

  it('keeps an unreadable message in the queue while it cannot be kept aside', async () => {
    const result = await deliverBodies(
      ['no message', { records: [exposure('a')] }],
      refusing((key) => key.startsWith('bad/')),
    )
    expect(result).toEqual({ acknowledged: ['m1'], retried: [['m0', 5]] })
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

  it('is counted live, once however often it is delivered', async () => {
    const live = { environmentId: 'live' }
    const records = [
      exposure('a', live),
      exposure('b', live),
      exposure('c', { ...live, targetingKey: 'user-a' }),
      exposure('d', { ...live, variationId: 'off' } as Partial<EventRecord>),
    ]
    await deliver(records)
    await deliver(records)
    const hour = nine / 3_600_000 - 0.5
    const { totals, hours, uncounted } = await flagCounterOf(env, 'live', 'banner').read('banner', hour)
    expect(totals).toEqual([
      { variationId: 'off', evaluations: 1, users: 1 },
      { variationId: 'on', evaluations: 3, users: 2 },
    ])
    expect(hours).toEqual(totals.map((each) => ({ ...each, hour })))
    expect(uncounted).toBe(0)
    const intake = await intakeOf(env, 'live').readIntake(0)
    expect(intake.hours).toMatchObject([{ counts: { stored: 4 } }])
  })

  it('is acknowledged also while nothing can be counted', async () => {
    const get = vi.fn().mockImplementation(() => {
      throw new Error('the objects are away')
    })
    const away = { idFromName: () => 'x', get } as unknown as DurableObjectNamespace
    const given = { ...env, FLAG_COUNTERS: away, INTAKE: away }
    expect((await deliver([exposure('a', { environmentId: 'unseen' })], given)).acknowledged).toEqual(['m0'])
    expect((await stored()).size).toBe(1)
  })

  it('counts what is bad and what became a dead letter, for the environments that can be told', async () => {
    const wrong = { ...exposure('b', { environmentId: 'ill' }), at: 'yesterday' }
    await deliverBodies([
      { records: [wrong] },
      `${JSON.stringify(exposure('a', { environmentId: 'ill' }))}\n{`,
      'x',
    ])
    await deliverBodies([JSON.stringify(exposure('z', { environmentId: 'ill' }))], env, {
      queue: 'tackline-events-dead',
    })
    const { hours } = await intakeOf(env, 'ill').readIntake(0)
    expect(hours).toMatchObject([{ counts: { stored: 1, bad: 2, dead: 1 } }])
  })
})

describe('dead letters', () => {
  const queue = 'tackline-events-dead'
  it('are written to R2, whatever they hold, and are then acknowledged', async () => {
    const bodies = [{ records: [exposure('a')] }, 'no message']
    expect(await deliverBodies(bodies, env, { queue })).toEqual({ acknowledged: ['m0', 'm1'], retried: [] })
    const { objects } = await env.LAKE.list({ prefix: 'dead-letters/day=2026-11-21/' })
    expect(objects).toHaveLength(1)
    const body = (await env.LAKE.get(objects[0]!.key))!.body.pipeThrough(new DecompressionStream('gzip'))
    const lines = (await new Response(body).text()).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 'm0', timestamp: nine, body: { records: [exposure('a')] } },
      { id: 'm1', timestamp: nine, body: 'no message' },
    ])
  })

  it('stay in their queue while R2 is away', async () => {
    const result = await deliverBodies(
      ['a'],
      refusing(() => true),
      { queue, attempts: 20 },
    )
    expect(result).toEqual({ acknowledged: [], retried: [['m0', 14_400]] })
  })
})

it('a message waits longer each time, and reaches the dead letters before its queue forgets it', () => {
  const retries = 20
  const delays = Array.from({ length: retries }, (_, i) => retryDelay(i + 1))
  expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40])
  expect(delays.toSorted((a, b) => a - b)).toEqual(delays)
  expect(Math.max(...delays)).toBe(4 * 3_600)
  const sum = delays.reduce((total, delay) => total + delay, 0)
  expect(sum).toBeGreaterThan(24 * 3_600) // a day of R2 being away costs nothing
  expect(sum).toBeLessThan(4 * 24 * 3_600)
})
