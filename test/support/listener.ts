// Listens to server-sent events as a client does, until it disconnects or the server ends the stream.
import { expect } from 'vitest'

/** `open` requests the stream. `parse` returns the value of an event, or undefined to ignore it. */
export async function listener<T>(
  open: (signal: AbortSignal) => Promise<Response>,
  parse: (event: string) => T | undefined,
) {
  const controller = new AbortController()
  const response = await open(controller.signal)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const heard: T[] = []
  let hasEnded = false
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (text + chunk).split('\n\n')
      text = events.pop()!
      for (const event of events) {
        const parsed = parse(event)
        if (parsed !== undefined) heard.push(parsed)
      }
    }
    hasEnded = true
  })().catch((cause: unknown) => {
    if (!controller.signal.aborted) throw cause // leaving aborts the connection; other errors are failures
  })
  const until = async (count: number) => {
    await expect.poll(() => heard.length, { timeout: 5_000 }).toBe(count)
  }
  const leave = async () => {
    controller.abort()
    await reading
  }
  return { heard, until, leave, hasEnded: () => hasEnded }
}
