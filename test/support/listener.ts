// Listens to server-sent events as a client does, until it leaves or the server ends the stream.
import { expect } from 'vitest'

/** `ask` opens the stream; `parse` makes something of an event, or nothing of those that are passed over. */
export async function listener<T>(
  ask: (signal: AbortSignal) => Promise<Response>,
  parse: (event: string) => T | undefined,
) {
  const controller = new AbortController()
  const answer = await ask(controller.signal)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const heard: T[] = []
  let hasEnded = false
  const reading = (async () => {
    let text = ''
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      const events = (text + chunk).split('\n\n')
      text = events.pop()!
      for (const event of events) {
        const parsed = parse(event)
        if (parsed !== undefined) heard.push(parsed)
      }
    }
    hasEnded = true
  })().catch((cause: unknown) => {
    if (!controller.signal.aborted) throw cause // leaving breaks the connection; nothing else may
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
