// Random schedules of faults between the SDK and the lake, with a queue that delivers as Cloudflare's does:
// at the end the lake and the dead letters hold exactly what was acknowledged, whatever happened.
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { deadLetterPrefix, identityOf, lakeRoot } from '../../analytics/lake.ts'
import { readMessage } from '../../analytics/messages.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { mulberry32 } from '../../bench/users.ts'
import { type Consumer, FaultyQueue } from '../../test/support/faulty-queue.ts'
import { type EventQueue, eventQueue } from '../storage/event-queue.ts'
import { type IngestBindings, consume } from './consume.ts'

const startAt = Date.UTC(2026, 10, 21, 9, 30)
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: startAt })
  vi.spyOn(console, 'error').mockReturnValue(undefined)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Schedule {
  readonly seed: number
  readonly requests: number
  /** How likely R2 and the queue fail in each way, as long as faults last. */
  readonly faults: number
  readonly retriesMax: number
  readonly redeliver: number
}

const schedules = fc.record({
  seed: fc.integer(),
  requests: fc.integer({ min: 1, max: 6 }),
  faults: fc.constantFrom(0, 0.2, 0.6, 0.95),
  retriesMax: fc.constantFrom(1, 20),
  redeliver: fc.constantFrom(0, 0.3),
})

/** Waits for work that waits for fake time. */
async function settled<T>(work: Promise<T>): Promise<T> {
  let isDone = false
  void work.then(
    () => (isDone = true),
    () => (isDone = true),
  )
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    if (!isDone) await vi.advanceTimersByTimeAsync(2_500)
  }
  return work
}

const never = <T>() => new Promise<T>(() => {})

async function run({ seed, requests, faults, retriesMax, redeliver }: Schedule) {
  const random = mulberry32(seed)
  let areFaultsOver = false
  const happens = (share: number) => !areFaultsOver && random() < share
  const fault = (): string | undefined =>
    happens(faults) ? ['refuse', 'lose-answer', 'hang'][Math.floor(random() * 3)] : undefined

  const objects = new Map<string, Uint8Array | string>()
  let kill: (() => void) | undefined
  const LAKE = {
    async put(key: string, body: ArrayBuffer | string) {
      if (happens(faults / 10)) {
        kill?.()
        return never()
      }
      const how = fault()
      if (how === 'refuse') throw new Error('R2 refuses')
      if (how !== 'hang' || random() < 0.5)
        objects.set(key, typeof body === 'string' ? body : new Uint8Array(body))
      if (how === 'hang') return never()
      if (how === 'lose-answer') throw new Error('R2 has it, but the answer is lost')
      return {}
    },
  } as unknown as R2Bucket
  const counters = {
    idFromName: () => 'id',
    get: () => ({ add: () => (happens(faults) ? Promise.reject(new Error('away')) : Promise.resolve()) }),
  } as unknown as DurableObjectNamespace
  const env: IngestBindings = {
    LAKE,
    LIVE: { writeDataPoint: () => undefined },
    FLAG_COUNTERS: counters,
    INTAKE: counters,
  }
  const deliver: Consumer = (queue, messages) =>
    new Promise((resolve) => {
      kill = () => resolve('killed')
      consume({ queue, messages } as unknown as MessageBatch, env).then(
        () => resolve('done'),
        () => resolve('threw'),
      )
    })

  const now = () => Date.now()
  const common = { random, now, consume: deliver, redeliver, batchMax: 5 }
  const dead = new FaultyQueue({ ...common, name: 'tackline-events-dead', retriesMax: 100 })
  const queue = new FaultyQueue({ ...common, name: 'tackline-events', retriesMax, deadLetters: dead })
  const producer = (): EventQueue =>
    ({
      sendBatch(messages: Iterable<{ body: string }>) {
        const how = fault()
        if (how === 'refuse') return Promise.reject(new Error('the queue refuses'))
        const all = [...messages]
        const taken = how === 'lose-answer' ? all.slice(0, Math.ceil(random() * all.length)) : all
        if (how !== 'hang' || random() < 0.5) for (const { body } of taken) queue.send(body)
        if (how === 'hang') return never()
        return how ? Promise.reject(new Error('the answer is lost')) : Promise.resolve()
      },
    }) as unknown as EventQueue
  const send = eventQueue([producer(), producer()])

  const acknowledged = new Map<string, string>()
  const client = async (records: readonly EventRecord[]) => {
    while (!(await settled(send(records))).taken) await vi.advanceTimersByTimeAsync(1_000)
    for (const record of records) acknowledged.set(identityOf(record), JSON.stringify(record))
  }

  for (let request = 0; request < requests; request++) {
    await client(recordsOf(request, random))
    if (random() < 0.7) await settled(queue.deliver())
    if (random() < 0.3) await settled(dead.deliver())
    await vi.advanceTimersByTimeAsync(random() * 60_000)
  }
  for (let i = 0; i < 5; i++) {
    await settled(queue.deliver())
    await vi.advanceTimersByTimeAsync(random() * 600_000)
  }
  areFaultsOver = true
  for (let i = 0; queue.size + dead.size > 0 && i < 1_000; i++) {
    await settled(queue.deliver())
    await settled(dead.deliver())
    const wait = Math.min(queue.nextAt, dead.nextAt) - now()
    if (wait > 0 && Number.isFinite(wait)) vi.setSystemTime(now() + wait)
  }
  return { acknowledged, objects, left: queue.size + dead.size, lost: dead.lost + queue.lost }
}

/** Of one environment, some of them large. */
const recordsOf = (request: number, random: () => number): EventRecord[] =>
  Array.from({ length: 1 + Math.floor(random() * 12) }, (_, i) => ({
    v: 1,
    kind: 'tracking',
    id: `e${i}`, // the same id of different users is another event
    environmentId: `env-${request % 2}`,
    at: Date.now(),
    receivedAt: Date.now(),
    protocol: 'ofrep',
    sdk: '',
    targetingKey: `user-${request}`,
    attributes: random() < 0.05 ? { note: '€'.repeat(Math.floor(random() * 20_000)) } : {},
    event: 'bought',
    value: i,
  }))

/** Every record by its identity; two copies must be the same. */
function heldIn(objects: ReadonlyMap<string, Uint8Array | string>): Map<string, string> {
  const held = new Map<string, string>()
  for (const [key, body] of objects) {
    if (typeof body === 'string') throw new Error(`${key} holds what could not be read`)
    const text = gunzipSync(body).toString()
    const bodies = key.startsWith(deadLetterPrefix)
      ? text
          .split('\n')
          .filter(Boolean)
          .map((line) => (JSON.parse(line) as { body: unknown }).body)
      : [text]
    if (!key.startsWith(deadLetterPrefix)) expect(key.startsWith(lakeRoot)).toBe(true)
    for (const { record, text: line } of bodies.flatMap((each) => readMessage(each).lines)) {
      const identity = identityOf(record)
      expect(held.get(identity) ?? line).toBe(line)
      held.set(identity, line)
    }
  }
  return held
}

it('whatever fails, the lake and the dead letters hold exactly what was acknowledged', async () => {
  let deadLetters = 0
  let copies = 0
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const { acknowledged, objects, left, lost } = await run(schedule)
      expect([left, lost]).toEqual([0, 0])
      const held = heldIn(objects)
      expect(held).toEqual(acknowledged)
      deadLetters += [...objects.keys()].filter((key) => key.startsWith(deadLetterPrefix)).length
      copies += objects.size
    }),
    { numRuns: 200, endOnFailure: true },
  )
  expect(deadLetters, 'the schedules were hard enough for dead letters').toBeGreaterThan(0)
  expect(copies).toBeGreaterThan(200)
}, 300_000)
