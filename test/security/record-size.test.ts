// No accepted event becomes a record that is too large for the queue. Such a request would never be
// acknowledged, and SDKs would repeat it for hours. Tests every protocol with texts of the maximum length, in
// characters that take the most bytes.
import { beforeEach, expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import { toRecordAttributes } from '../../analytics/attributes.ts'
import { bucketeerRoutes } from '../../workers/protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../../workers/protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../../workers/protocols/ofrep/routes.ts'
import { pack } from '../../workers/storage/event-queue.ts'
import { flag } from '../support/build/flags.ts'
import { callHandler } from '../support/call-handler.ts'
import { goldenKeys, goldenNow, memoryPorts } from '../support/golden-cases.ts'

/** Cloudflare: a message has at most 128,000 bytes, with some overhead. */
const messageBytesMax = 128_000 - 500

const { ports, sent } = memoryPorts({ flags: [flag({ key: 'a' })] as never })
beforeEach(() => void (sent.length = 0))

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).byteLength
const expectSmall = (least: number) => {
  expect(sent.length).toBeGreaterThan(0)
  expect(Math.max(...sent.map(bytesOf))).toBeGreaterThan(least) // the case is a hard one
  const { messages, tooLarge } = pack(sent)
  expect(tooLarge).toEqual([])
  for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThan(messageBytesMax)
}

const post = (handler: Parameters<typeof callHandler>[0], path: string, body: unknown) =>
  callHandler(handler, path, {
    method: 'POST',
    headers: {
      authorization: path.startsWith('/ofrep') ? `Bearer ${goldenKeys.clientKey}` : goldenKeys.clientKey,
      'x-api-key': goldenKeys.clientKey,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })

it.each(['\u0001', '\u20ac', '\u{1f600}', '"', 'x'])('of %j', async (character) => {
  const text = (length: number) => character.repeat(length / character.length)
  const attributes = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [text(98) + i, text(500)]))
  const timestamp = Math.floor(goldenNow / 1_000)
  const goal = { goalId: text(1_000), userId: text(5_000), user: { id: 'u', data: attributes }, timestamp }
  const evaluation = {
    ...goal,
    featureId: 'a', // an unknown flag or variation is refused
    variationId: 'a',
    reason: { type: 'RULE', ruleId: text(1_000) },
  }
  const type = 'type.googleapis.com/bucketeer.event.client.'
  const answer = await post(bucketeerRoutes(ports), '/register_events', {
    events: [
      { id: 'g', event: { '@type': `${type}GoalEvent`, ...goal } },
      { id: 'e', event: { '@type': `${type}EvaluationEvent`, ...evaluation } },
    ],
    sourceId: 4,
    sdkVersion: text(1_000),
  })
  expect(await answer.json()).toEqual({ errors: {} })
  expectSmall(10_000)

  sent.length = 0
  const context = { targetingKey: text(1_000), ...attributes }
  await post(ofrepRoutes(ports), '/ofrep/v1/track', {
    context,
    events: [{ kind: 'goal', name: text(1_000), attributes }],
  })
  expectSmall(10_000)

  sent.length = 0
  const hits = [
    { vid: text(1_000), t: 'EVENT', ea: text(1_000), ec: text(1_000) },
    { vid: text(1_000), t: 'SEGMENT', s: attributes },
  ]
  expect((await post(flagshipIoRoutes(ports), '/', { cid: 'shop', t: 'BATCH', h: hits })).status).toBe(204)
  expectSmall(10_000)
})

it('keeps all attributes of ASCII, and bounds the bytes of any', () =>
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 600 })),
      (given) => {
        expect(bytesOf(toRecordAttributes(given))).toBeLessThan(62_000)
      },
    ),
  ))
it('keeps fifty attributes of ASCII as long as they may be', () => {
  const given = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`${'n'.repeat(98)}${i + 10}`, 'v'.repeat(500)]),
  )
  expect(toRecordAttributes(given)).toEqual(given)
})

it('counts records, not requests', async () => {
  const counted: [string | undefined, number][] = []
  const limits = {
    ...ports.limits,
    countRecords: (...one: [string | undefined, number]) => void counted.push(one),
  }
  const hits = Array.from({ length: 30 }, (_, i) => ({ vid: `v${i}`, t: 'PAGEVIEW', dl: 'x' }))
  const init = { method: 'POST', body: JSON.stringify({ cid: 'shop', t: 'BATCH', h: hits }) }
  await callHandler(flagshipIoRoutes({ ...ports, limits }), '/', init, { address: '192.0.2.1' })
  expect(counted).toEqual([['192.0.2.1', 30]])
})
