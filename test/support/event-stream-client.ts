// Listens to server-sent blocks as a client does, waitFor it disconnects or the server ends the stream.
import { expect } from 'vitest'

/** `open` requests the stream. `parse` returns the value of an event, or undefined to ignore it. */
export async function openEventStream<T>(
  open: (signal: AbortSignal) => Promise<Response>,
  parse: (event: string) => T | undefined,
) {
  const controller = new AbortController()
  const response = await open(controller.signal)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const events: T[] = []
  let hasEnded = false
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split('\n\n')
      text = blocks.pop()!
      for (const event of blocks) {
        const parsed = parse(event)
        if (parsed !== undefined) events.push(parsed)
      }
    }
    hasEnded = true
  })().catch((cause: unknown) => {
    if (!controller.signal.aborted) throw cause // closing aborts the connection; other errors are failures
  })
  const waitFor = async (count: number) => {
    await expect.poll(() => events.length, { timeout: 5_000 }).toBe(count)
  }
  const close = async () => {
    controller.abort()
    await reading
  }
  return { events, waitFor, close, hasEnded: () => hasEnded }
}
