// The stream on feeds that do everything a feed can: repeat itself, go back, fall silent, break off; and
// readers who read, stop, or leave.
import { expect, it, vi } from 'vitest'
import { eventStream, type StreamOptions } from './event-stream.ts'
import type { Subscription } from './feed.ts'

async function streamOf(
  since: number | undefined,
  newest: () => Promise<number | undefined> = () => Promise.resolve(undefined),
  more: Partial<StreamOptions> = {},
) {
  let subscription!: Subscription
  let beat = () => {}
  const unsubscribe = vi.fn<() => void>()
  const stop = vi.fn<() => void>()
  const stream = await eventStream({
    feed: {
      subscribe(given) {
        subscription = given
        return Promise.resolve(unsubscribe)
      },
    },
    environmentId: 'shop',
    continent: 'EU',
    since,
    write: (revision, from) => `data: ${from}-${revision}`,
    newest,
    every(_, work) {
      beat = work
      return stop
    },
    ...more,
  })
  const reader = stream!.getReader()
  const read = async () => new TextDecoder().decode((await reader.read()).value)
  expect(await read()).toBe('retry: 2000\n\n')
  return {
    reader,
    read,
    hear: (revision: number) => subscription.hear(revision),
    lose: () => subscription.lost(),
    beat: () => beat(),
    unsubscribe,
    stop,
  }
}

it('tells what was missed as one event, and never what is older or known', async () => {
  const { read, hear } = await streamOf(3)
  for (const revision of [7, 7, 5, 8]) hear(revision)
  expect(await read()).toBe('id: 7\ndata: 3-7\n\n')
  expect(await read()).toBe('id: 8\ndata: 7-8\n\n')
})

it('tells a new client nothing of what is there already, but what to name when it comes back', async () => {
  const { read, hear } = await streamOf(undefined)
  for (const revision of [7, 8]) hear(revision)
  expect(await read()).toBe('id: 7\n\n')
  expect(await read()).toBe('id: 8\ndata: 7-8\n\n')
})

it('makes up for a lost notification at the next heartbeat', async () => {
  const { read, hear, beat } = await streamOf(undefined, () => Promise.resolve(9))
  hear(7)
  expect(await read()).toBe('id: 7\n\n')
  beat()
  expect(await read()).toBe(':\n\n')
  expect(await read()).toBe('id: 9\ndata: 7-9\n\n')
})

it('drops a reader who does not read, and keeps no more than a few events for it', async () => {
  const { reader, hear, unsubscribe, stop } = await streamOf(0)
  for (let revision = 1; revision <= 1_000; revision++) hear(revision)
  expect([unsubscribe.mock.calls.length, stop.mock.calls.length]).toEqual([1, 1])
  const rest = async () => {
    for (let read = 0; ; read++) if ((await reader.read()).done) return read
  }
  await expect(rest()).rejects.toThrow('too slow')
})

it('ends with its feed, so that the client comes back', async () => {
  const { reader, lose, stop } = await streamOf(0)
  lose()
  expect((await reader.read()).done).toBe(true)
  expect(stop).toHaveBeenCalledOnce()
})

it('leaves the feed when its reader leaves', async () => {
  const { reader, hear, unsubscribe, stop } = await streamOf(0)
  await reader.cancel()
  hear(5)
  expect([unsubscribe.mock.calls.length, stop.mock.calls.length]).toEqual([1, 1])
})

it('begins with what there is, writes events in their order however long each takes, and skips what need not be heard', async () => {
  const write = async (revision: number) => {
    await new Promise((resolve) => setTimeout(resolve, 30 - revision))
    return revision === 8 ? undefined : `data: ${revision}`
  }
  const { read, hear } = await streamOf(6, undefined, { opening: 'event: put\ndata: all', write })
  expect(await read()).toBe('id: 6\nevent: put\ndata: all\n\n')
  for (const revision of [7, 8, 9]) hear(revision)
  expect(await read()).toBe('id: 7\ndata: 7\n\n')
  expect(await read()).toBe('id: 9\ndata: 9\n\n')
})

it('says so and ends where an event cannot be written, so that the client comes back', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const write = () => Promise.reject(new Error('revision 7 cannot be read'))
  const { reader, read, hear, unsubscribe } = await streamOf(6, undefined, { write, failure: 'event: error' })
  hear(7)
  expect(await read()).toBe('event: error\n\n')
  expect((await reader.read()).done).toBe(true)
  expect(unsubscribe).toHaveBeenCalledOnce()
})
