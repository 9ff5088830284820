import { describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { readMessage } from '../../analytics/messages.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { type EventQueue, eventQueue, messageBytesMax, pack, recordBytesMax } from './event-queue.ts'

const record = (id: string, targetingKey = 'ann'): EventRecord => ({
  v: 1,
  kind: 'tracking',
  id,
  environmentId: 'demo',
  at: 1,
  receivedAt: 1,
  protocol: 'ofrep',
  sdk: '',
  targetingKey,
  attributes: {},
  event: 'bought',
  value: 1,
})

const textsOf = (messages: readonly string[]) =>
  messages.flatMap((message) => readMessage(message).lines.map(({ text }) => text))

describe('messages', () => {
  it('hold every record that fits, in order, and are filled to the limit', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.string({ unit: 'grapheme', maxLength: 3 }), fc.integer({ min: 0, max: 1_000 })),
          {
            maxLength: 400,
          },
        ),
        (all) => {
          const records = all.map(([key, times], i) =>
            record(`e${i}`, `u${key.repeat(times).slice(0, 990)}`.toWellFormed()),
          )
          const { messages, tooLarge } = pack(records)
          expect(tooLarge).toEqual([])
          expect(textsOf(messages)).toEqual(records.map((each) => JSON.stringify(each)))
          const sizes = messages.map((message) => Buffer.byteLength(message))
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(messageBytesMax)
          for (const [i, message] of messages.slice(1).entries())
            expect(sizes[i]! + Buffer.byteLength(message.split('\n')[0]!) + 1).toBeGreaterThan(
              messageBytesMax,
            )
        },
      ),
      { numRuns: 30 },
    ))

  it('leave out a record that is too large, alone', () => {
    const [a, b] = [record('a'), record('b')]
    const large = { ...record('c'), attributes: { note: '€'.repeat(recordBytesMax / 3) } }
    expect(pack([a, large, b])).toEqual({
      messages: [`${JSON.stringify(a)}\n${JSON.stringify(b)}\n`],
      tooLarge: [large],
    })
    expect(pack([large])).toEqual({ messages: [], tooLarge: [large] })
  })
})

const queueThat = (sendBatch: () => Promise<unknown>) => {
  const spy = vi.fn(sendBatch)
  return { queue: { sendBatch: spy } as unknown as EventQueue, spy }
}
const takes = () => queueThat(() => Promise.resolve())
const refuses = () => queueThat(() => Promise.reject(new Error('too many messages')))

describe('several queues', () => {
  it('take turns', async () => {
    const queues = [takes(), takes(), takes()]
    const send = eventQueue(queues.map(({ queue }) => queue))
    for (let i = 0; i < 9; i++) await send([record('a')])
    expect(queues.map(({ spy }) => spy.mock.calls.length)).toEqual([3, 3, 3])
  })

  it('stand in for one that refuses', async () => {
    const [first, second] = [refuses(), takes()]
    const send = eventQueue([first.queue, second.queue])
    for (let i = 0; i < 4; i++) expect(await send([record('a')])).toEqual({ taken: true, tooLarge: [] })
    expect([first.spy.mock.calls.length, second.spy.mock.calls.length]).toEqual([2, 4])
  })

  it('refuse together', async () => {
    const queues = [refuses(), refuses()]
    const send = eventQueue(queues.map(({ queue }) => queue))
    expect(await send([record('a')])).toEqual({ taken: false, tooLarge: [] })
  })
})

it('does not wait for a queue that hangs', async () => {
  vi.useFakeTimers()
  const { queue } = queueThat(() => new Promise(() => {}))
  const sent = eventQueue([queue, queue])([record('a')])
  await vi.advanceTimersByTimeAsync(5_000)
  expect(await sent).toEqual({ taken: false, tooLarge: [] })
  vi.useRealTimers()
})
