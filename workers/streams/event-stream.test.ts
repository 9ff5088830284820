// Event streams over feeds that repeat revisions, go backwards, stay silent or break off, with readers that
// read, stop reading or leave.
import { expect, it, vi } from 'vitest'
import { eventStream, type StreamOptions } from './event-stream.ts'
import type { Subscription } from './feed.ts'

async function streamOf(
  since: number | undefined,
  newest: () => Promise<number | undefined> = () => Promise.resolve(undefined),
  more: Partial<StreamOptions> = {},
) {
  let subscription!: Subscription
  let heartbeat = () => {}
  const unsubscribe = vi.fn<() => void>()
  const stop = vi.fn<() => void>()
  const stream = await eventStream({
    feed: {
      subscribe(value) {
        subscription = value
        return Promise.resolve(unsubscribe)
      },
    },
    environmentId: 'shop',
    continent: 'EU',
    since,
    write: (revision, from) => `data: ${from}-${revision}`,
    newest,
    isAllowed: () => Promise.resolve(true),
    every(_, work) {
      heartbeat = work
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
    publish: (revision: number) => subscription.onRevision(revision),
    breakOff: () => subscription.onClose(),
    heartbeat: () => heartbeat(),
    unsubscribe,
    stop,
  }
}

it('sends missed revisions as one event, and nothing for old or repeated ones', async () => {
  const { read, publish } = await streamOf(3)
  for (const revision of [7, 7, 5, 8]) publish(revision)
  expect(await read()).toBe('id: 7\ndata: 3-7\n\n')
  expect(await read()).toBe('id: 8\ndata: 7-8\n\n')
})

it('ends when its key is no longer valid: at the next revision, or at a heartbeat', async () => {
  let isValid = true
  const isAllowed = () => Promise.resolve(isValid)
  const first = await streamOf(3, undefined, { isAllowed })
  first.publish(4)
  expect(await first.read()).toBe('id: 4\ndata: 3-4\n\n')
  isValid = false
  first.publish(5)
  expect(await first.read()).toBe('id: 5\ndata: 4-5\n\n')
  expect((await first.reader.read()).done).toBe(true)
  expect(first.unsubscribe).toHaveBeenCalledOnce()

  const second = await streamOf(5, () => Promise.resolve(5), { isAllowed })
  second.heartbeat()
  expect(await second.read()).toBe(':\n\n')
  expect((await second.reader.read()).done).toBe(true)
})

it('sends a new client only the id of the current revision, for when it reconnects', async () => {
  const { read, publish } = await streamOf(undefined)
  for (const revision of [7, 8]) publish(revision)
  expect(await read()).toBe('id: 7\n\n')
  expect(await read()).toBe('id: 8\ndata: 7-8\n\n')
})

it('makes up for a lost notification at the next heartbeat', async () => {
  const { read, publish, heartbeat } = await streamOf(undefined, () => Promise.resolve(9))
  publish(7)
  expect(await read()).toBe('id: 7\n\n')
  heartbeat()
  expect(await read()).toBe(':\n\n')
  expect(await read()).toBe('id: 9\ndata: 7-9\n\n')
})

it('disconnects a reader that does not read, and buffers only a few events for it', async () => {
  const { reader, publish, unsubscribe, stop } = await streamOf(0)
  for (let revision = 1; revision <= 1_000; revision++) publish(revision)
  expect([unsubscribe.mock.calls.length, stop.mock.calls.length]).toEqual([1, 1])
  const rest = async () => {
    for (let read = 0; ; read++) if ((await reader.read()).done) return read
  }
  await expect(rest()).rejects.toThrow('too slow')
})

it('ends with its feed, so that the client reconnects', async () => {
  const { reader, breakOff, stop } = await streamOf(0)
  breakOff()
  expect((await reader.read()).done).toBe(true)
  expect(stop).toHaveBeenCalledOnce()
})

it('unsubscribes from the feed when its reader leaves', async () => {
  const { reader, publish, unsubscribe, stop } = await streamOf(0)
  await reader.cancel()
  publish(5)
  expect([unsubscribe.mock.calls.length, stop.mock.calls.length]).toEqual([1, 1])
})

it('starts with the opening event, keeps slow events in order, and skips empty ones', async () => {
  const write = async (revision: number) => {
    await new Promise((resolve) => setTimeout(resolve, 30 - revision))
    return revision === 8 ? undefined : `data: ${revision}`
  }
  const { read, publish } = await streamOf(6, undefined, { opening: 'event: put\ndata: all', write })
  expect(await read()).toBe('id: 6\nevent: put\ndata: all\n\n')
  for (const revision of [7, 8, 9]) publish(revision)
  expect(await read()).toBe('id: 7\ndata: 7\n\n')
  expect(await read()).toBe('id: 9\ndata: 9\n\n')
})

it('sends the failure event and ends if an event cannot be written', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const write = () => Promise.reject(new Error('revision 7 cannot be read'))
  const { reader, read, publish, unsubscribe } = await streamOf(6, undefined, {
    write,
    failure: 'event: error',
  })
  publish(7)
  expect(await read()).toBe('event: error\n\n')
  expect((await reader.read()).done).toBe(true)
  expect(unsubscribe).toHaveBeenCalledOnce()
})
