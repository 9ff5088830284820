// Events into the queue. A request's records go in as few messages as the platform's sizes allow, in one
// call.
import type { EventMessage, EventRecord } from '../../analytics/records.ts'
import { logError } from '../http/log.ts'
import type { EventSink } from '../contracts/ports.ts'

/**
 * Cloudflare: 128,000 bytes a message, 256,000 a sendBatch call; kept below, since a message also has a
 * frame.
 */
const messageBytesMax = 100_000
const batchMessagesMax = 2
const sendWithinMs = 5_000

export function eventQueue(queue: Queue<EventMessage>): EventSink {
  return {
    async send(records) {
      const messages = pack(records)
      try {
        for (let i = 0; i < messages.length; i += batchMessagesMax) {
          await within(queue.sendBatch(messages.slice(i, i + batchMessagesMax).map((body) => ({ body }))))
        }
        return true
      } catch (cause) {
        // part of it may be in: the client sends all of it again, and ids keep the count right
        logError('queue', cause)
        return false
      }
    },
  }
}

/** A queue that hangs is a queue that refuses: the client is told to send again. */
async function within(sending: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${sendWithinMs} ms`)), sendWithinMs)
  })
  try {
    await Promise.race([sending, late])
  } finally {
    if (timer !== undefined) clearTimeout(timer)
  }
}

/** Splits by size; a single record is always small enough, since bodies are limited before. */
export function pack(records: readonly EventRecord[]): EventMessage[] {
  const messages: EventRecord[][] = []
  let bytes = Infinity
  for (const record of records) {
    const size = new TextEncoder().encode(JSON.stringify(record)).byteLength + 1
    if (bytes + size > messageBytesMax) {
      messages.push([])
      bytes = 0
    }
    messages.at(-1)!.push(record)
    bytes += size
  }
  return messages.map((batch) => ({ records: batch }))
}
