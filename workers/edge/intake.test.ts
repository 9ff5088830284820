// The quota of an environment and what is reported of its intake; and how each protocol says that events were
// not taken.
import { describe, expect, it } from 'vitest'
import type { IntakeCounts } from '../../analytics/intake.ts'
import { callHandler } from '../../test/support/call-handler.ts'
import { goldenEnvironment, goldenKeys, goldenNow, memoryPorts } from '../../test/support/golden-cases.ts'
import type { Ports } from '../contracts/ports.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'
import { eventQueue } from '../storage/event-queue.ts'
import { intake } from './intake.ts'

interface World {
  readonly ports: Ports
  readonly reports: IntakeCounts[]
  /** The time passes, and what waits for it runs. */
  readonly pass: (ms: number) => Promise<void>
  /** Messages in the queue. */
  readonly queued: string[]
}

function world(intakePerMinute: number | undefined, isQueueUp = true): World {
  const { ports } = memoryPorts({ flags: [], settings: { intakePerMinute } as never })
  const reports: IntakeCounts[] = []
  const queued: string[] = []
  const accepted = new Map<number, number>()
  let now = goldenNow
  let waiting: { at: number; go: () => void }[] = []
  const sendBatch = (messages: Iterable<{ body: string }>) => {
    if (!isQueueUp) return Promise.reject(new Error('the queue is away'))
    queued.push(...[...messages].map(({ body }) => body))
    return Promise.resolve()
  }
  const events = intake({
    queue: eventQueue([{ sendBatch } as never]),
    meterOf: (environmentId) => ({
      report(counts) {
        expect(environmentId).toBe(goldenEnvironment)
        reports.push(counts)
        const minute = Math.floor(now / 60_000)
        accepted.set(minute, (accepted.get(minute) ?? 0) + (counts.accepted ?? 0))
        return { acceptedThisMinute: accepted.get(minute)!, nextInMs: 10_000 }
      },
    }),
    now: () => now,
    delay: (ms) => new Promise((go) => waiting.push({ at: now + ms, go })),
    defer: (work) => void work,
  })
  const pass = async (ms: number) => {
    now += ms
    const due = waiting.filter(({ at }) => at <= now)
    waiting = waiting.filter(({ at }) => at > now)
    for (const { go } of due) go()
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { ports: { ...ports, events, now: () => now }, reports, pass, queued }
}

const json = { 'content-type': 'application/json' }
const protocols = {
  bucketeer: (ports: Ports, count: number, timestamp = ports.now() / 1_000) =>
    callHandler(bucketeerRoutes(ports), '/register_events', {
      method: 'POST',
      headers: { ...json, authorization: goldenKeys.clientKey },
      body: JSON.stringify({
        events: Array.from({ length: count }, (_, i) => ({
          id: `e${i}`,
          event: {
            '@type': 'type.googleapis.com/bucketeer.event.client.GoalEvent',
            timestamp: Math.floor(timestamp),
            goalId: 'bought',
            userId: 'ada',
          },
        })),
        sourceId: 7,
        sdkVersion: '2.6.1',
      }),
    }),
  'AB Tasty': (ports: Ports, count: number) =>
    callHandler(flagshipIoRoutes(ports), '/', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({
        cid: goldenEnvironment,
        t: 'BATCH',
        h: Array.from({ length: count }, (_, i) => ({ vid: `v${i}`, t: 'PAGEVIEW', dl: 'x' })),
      }),
    }),
  OFREP: (ports: Ports, count: number) =>
    callHandler(ofrepRoutes(ports), '/ofrep/v1/track', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${goldenKeys.clientKey}` },
      body: JSON.stringify({
        context: { targetingKey: 'ada' },
        events: Array.from({ length: count }, (_, i) => ({ kind: 'goal', name: 'bought', id: `e${i}` })),
      }),
    }),
}

describe.each(Object.entries(protocols))('by %s', (_, send) => {
  it('events over the quota are refused until the next minute, and say how long to wait', async () => {
    const { ports, pass, reports, queued } = world(100)
    await pass(60_000 - (ports.now() % 60_000) + 5_000) // 5 s into a minute
    expect((await send(ports, 60)).status).toBeLessThan(300)
    expect((await send(ports, 60)).status).toBeLessThan(300)
    await pass(0)
    const before = queued.length
    const refused = await send(ports, 5)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '55'])
    expect(JSON.stringify(await refused.json())).toContain('100 events a minute')
    expect(queued.length).toBe(before)
    await pass(55_000)
    expect((await send(ports, 5)).status).toBeLessThan(300)
    await pass(60_000)
    const sum = (name: keyof IntakeCounts) => reports.reduce((total, each) => total + (each[name] ?? 0), 0)
    expect([sum('accepted'), sum('refused:quota')]).toEqual([125, 5])
  })

  it('events that no queue takes are to be sent again', async () => {
    const { ports, pass, reports } = world(undefined, false)
    const refused = await send(ports, 3)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    await pass(10_000)
    expect(reports).toEqual([{ 'refused:queue': 3 }])
  })

  it('counts are reported together, some seconds later', async () => {
    const { ports, pass, reports } = world(undefined)
    for (let i = 0; i < 3; i++) await send(ports, 2)
    await pass(9_999)
    expect(reports).toEqual([])
    await pass(1)
    expect(reports).toEqual([{ accepted: 6 }])
  })
})

it('late and invalid events are told apart', async () => {
  const { ports, pass, reports } = world(undefined)
  const old = ports.now() / 1_000 - 40 * 86_400
  await protocols.bucketeer(ports, 2, old)
  await callHandler(ofrepRoutes(ports), '/ofrep/v1/track', {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${goldenKeys.clientKey}` },
    body: JSON.stringify({
      context: { targetingKey: 'ada' },
      events: [
        { kind: 'goal', name: 'a' },
        { kind: 'goal' },
        { kind: 'goal', name: 'a', timestamp: old * 1_000 },
      ],
    }),
  })
  await callHandler(flagshipIoRoutes(ports), '/', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({
      cid: goldenEnvironment,
      t: 'BATCH',
      h: [5, { vid: 'a', t: 'PAGEVIEW', dl: 'x', qt: 40 * 86_400_000 }],
    }),
  })
  await pass(10_000)
  expect(reports).toEqual([{ 'refused:late': 4, 'refused:invalid': 2, accepted: 1 }])
})
