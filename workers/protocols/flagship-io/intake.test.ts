// Batches of hits, valid and invalid: each request is one send to the queue with every readable hit, and
// nothing is refused that the SDK would only send again.
import { describe, expect, it } from 'vitest'
import { eventAgeMaxMs } from '../../../analytics/event-time.ts'
import { readMessage } from '../../../analytics/messages.ts'
import type { EventRecord } from '../../../analytics/records.ts'
import { callHandler } from '../../../test/support/call-handler.ts'
import { goldenEnvironment, goldenKeys, goldenNow, memoryPorts } from '../../../test/support/golden-cases.ts'
import { flags } from '../../../test/support/sdk/flags.ts'
import { memorySink } from '../../../test/support/memory-sink.ts'
import { intake } from '../../edge/intake.ts'
import { eventQueue } from '../../storage/event-queue.ts'
import { flagshipIoRoutes } from './routes.ts'

const json = { 'content-type': 'application/json' }

/** A function that posts a body, and the records of each send to the queue. */
function setUp() {
  const { ports } = memoryPorts({ flags })
  const sends: (readonly EventRecord[])[] = []
  const events = memorySink((records) => sends.push(records))
  const app = flagshipIoRoutes({ ...ports, events })
  const post = async (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = json,
    path = '/',
  ) => {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const length = { 'content-length': String(bytes.byteLength) }
    return (await callHandler(app, path, { method: 'POST', headers: { ...length, ...headers }, body: bytes }))
      .status
  }
  return { post, sends }
}

const batchOf = (h: readonly unknown[], cid = goldenEnvironment) =>
  JSON.stringify({ ds: 'APP', cid, t: 'BATCH', qt: 1, h })
const hit = (i: number, more = '') => ({
  vid: `visitor-${i}`,
  t: 'PAGEVIEW',
  cuid: null,
  qt: 5,
  dl: `https://shop.example/${i}${more}`,
})
const many = (count: number, more = '') => Array.from({ length: count }, (_, i) => hit(i, more))

describe('a batch', () => {
  it.each([
    ['of 1 hit', many(1)],
    ['of 2,000 hits', many(2_000)],
    [
      'of 5,000 hits, as many as there may be',
      Array.from({ length: 5_000 }, (_, i) => ({ vid: `v${i}`, t: 'PAGEVIEW', dl: 'x' })),
    ],
    ['of 2.5 MB, as much as the SDK sends', many(2_500, '?'.padEnd(900, 'x'))],
  ])('%s is one send', async (_, hits) => {
    const { post, sends } = setUp()
    expect(await post(batchOf(hits))).toBe(204)
    expect(sends.map((records) => records.length)).toEqual([hits.length])
    expect(new Set(sends[0]!.map(({ id }) => id)).size).toBe(hits.length)
  })

  it('of 2,000 activations of one variation is one exposure of each visitor, in one send', async () => {
    const { post, sends } = setUp()
    const batch = Array.from({ length: 2_000 }, (_, i) => ({
      vid: `visitor-${i % 500}`,
      caid: 'title-default',
      vaid: 'word-a',
      qt: i % 7,
    }))
    const body = JSON.stringify({ cid: goldenEnvironment, batch })
    expect(await post(body, { ...json, 'x-api-key': goldenKeys.clientKey }, '/v2/activate')).toBe(204)
    expect(sends.map((records) => records.length)).toEqual([500])
  })

  it.each([
    ['too many hits', batchOf(Array.from({ length: 5_001 }, () => 0)), 400],
    ['too many bytes', batchOf(many(4_000, '?'.padEnd(1_100, 'x'))), 413],
  ])('of %s is refused, and nothing of it sent', async (_, body, status) => {
    const { post, sends } = setUp()
    expect([await post(body), sends]).toEqual([status, []])
  })

  it('keeps every valid hit among invalid ones', async () => {
    const { post, sends } = setUp()
    const garbage = [
      null,
      7,
      'hit',
      [],
      {},
      { t: 'PAGEVIEW' },
      { vid: '', t: 'PAGEVIEW', dl: 'x' },
      { vid: 'ada', t: 'NEWS' },
    ]
    const nearly = [
      { ...hit(1), qt: 'soon' },
      { ...hit(2), dl: 5 },
      { ...hit(3), t: 'EVENT', ea: '' },
      { ...hit(4), t: 'TRANSACTION', ta: 'order', tr: 1e300 },
      { ...hit(5), t: 'SEGMENT', s: 'pro' },
      { ...hit(6), qa: true },
    ]
    const mixed = many(300).flatMap((each, i) => [
      garbage[i % garbage.length],
      each,
      nearly[i % nearly.length],
    ])
    expect(await post(batchOf(mixed))).toBe(204)
    expect(sends.map((records) => records.length)).toEqual([300])
  })

  it('drops only hits that are too late, and is refused if all are', async () => {
    const { post, sends } = setUp()
    const late = { ...hit(1), qt: eventAgeMaxMs + 1 }
    expect(await post(batchOf([late, hit(2), { ...hit(3), qt: eventAgeMaxMs }]))).toBe(204)
    expect(sends.map((records) => records.map(({ targetingKey }) => targetingKey))).toEqual([
      ['visitor-2', 'visitor-3'],
    ])
    expect(await post(batchOf([late, late]))).toBe(400)
    expect(sends).toHaveLength(1)
  })

  it('without any valid hit is accepted, and sends nothing', async () => {
    const { post, sends } = setUp()
    expect([await post(batchOf([null, {}, 'x'])), await post(batchOf([])), sends]).toEqual([204, 204, []])
  })

  it('of an SDK that was not started is dropped, whatever is in it', async () => {
    const { post, sends } = setUp()
    expect([await post(batchOf(many(2_000), 'undefined')), sends]).toEqual([204, []])
  })
})

it.each([
  ['text/plain;charset=UTF-8'],
  ['application/json; charset=utf-8'],
  ['application/x-www-form-urlencoded'],
  ['multipart/form-data; boundary=x'],
  ['application/octet-stream'],
  ['nonsense'],
  [''],
])('a batch of content type “%s” is read as JSON', async (type) => {
  const { post, sends } = setUp()
  expect(await post(batchOf(many(3)), type === '' ? {} : { 'content-type': type })).toBe(204)
  expect(sends.map((records) => records.length)).toEqual([3])
})

it.each([
  ['nothing', ''],
  ['no JSON', '<html>'],
  ['half of it', batchOf(many(3)).slice(0, -20)],
  ['no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
  ['a list', '[]'],
  ['a batch without hits', JSON.stringify({ cid: goldenEnvironment, t: 'BATCH' })],
  ['no environment', JSON.stringify({ t: 'BATCH', h: [] })],
  ['an environment that is a number', JSON.stringify({ cid: 5, t: 'BATCH', h: [] })],
])('a body that is %s is refused, and nothing sent', async (_, body) => {
  const { post, sends } = setUp()
  expect([await post(body), sends]).toEqual([400, []])
})

describe('the queue', () => {
  /** Cloudflare: bytes of a message, bytes and messages of a call. */
  const limits = { message: 128_000, call: 256_000, messages: 100 }

  it.each([
    ['a usual batch, of 200 hits, in one call', 200, 1],
    ['2,000 hits in as few calls as the platform takes', 2_000, 4],
  ])('gets %s', async (_, count, atMost) => {
    const calls: { body: string }[][] = []
    const sendBatch = (messages: Iterable<{ body: string }>) =>
      Promise.resolve(void calls.push([...messages]))
    const { ports } = memoryPorts({ flags })
    const queue = eventQueue([{ sendBatch } as never])
    const events = intake({ ...ports, queue, meterOf: undefined, delay: () => Promise.resolve() })
    const body = batchOf(many(count))
    const answer = await callHandler(flagshipIoRoutes({ ...ports, events }), '/', {
      method: 'POST',
      headers: json,
      body,
    })
    expect(answer.status).toBe(204)
    expect(calls.length).toBeLessThanOrEqual(atMost)
    const sizes = calls.map((messages) => messages.map((each) => Buffer.byteLength(each.body)))
    expect(
      sizes.every((all) => all.length <= limits.messages && all.every((size) => size <= limits.message)),
    ).toBe(true)
    expect(sizes.every((all) => all.reduce((sum, size) => sum + size, 0) <= limits.call)).toBe(true)
    const got = calls.flat().flatMap((each) => readMessage(each.body).lines.map(({ record }) => record))
    expect(new Set(got.map(({ id }) => id)).size).toBe(count)
  })
})

describe('the times of a record', () => {
  const post = async (body: object, requestContext = {}) => {
    const { ports, sent } = memoryPorts({ flags })
    const init = { method: 'POST', headers: json, body: JSON.stringify(body) }
    const { status } = await callHandler(flagshipIoRoutes(ports), '/', init, requestContext)
    expect(status).toBe(204)
    return sent
  }
  const body = { cid: goldenEnvironment, t: 'BATCH', h: [{ ...hit(1), cuid: 'ada', qt: 3_600_000 }] }

  it('are those of the hit, also of an alias that it makes', async () => {
    const sent = await post(body)
    expect(sent.map(({ kind, at }) => [kind, at])).toEqual([
      ['tracking', goldenNow - 3_600_000],
      ['alias', goldenNow - 3_600_000],
    ])
  })

  it('begin with the arrival of the request, however long it took to load the environment', async () => {
    const startedAt = goldenNow - 4_400
    for (const { at, receivedAt } of await post(body, { startedAt }))
      expect({ at, receivedAt }).toEqual({ at: startedAt - 3_600_000, receivedAt: startedAt })
  })
})
