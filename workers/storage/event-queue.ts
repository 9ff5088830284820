// Sends events to the queue. The records of a request are packed into as few messages as the limits allow.
import type { EventMessage, EventRecord } from '../../analytics/records.ts'
import { logError } from '../http/log.ts'
import type { EventSink } from '../contracts/ports.ts'

/** Cloudflare's limits are 128,000 bytes per message and 256,000 per call, including overhead. */
const messageBytesMax = 100_000
const batchMessagesMax = 2
const sendWithinMs = 5_000

export function eventQueue(queue: Queue<EventMessage>): EventSink {
  return {
    async send(records) {
      const messages = pack(records)
      try {
        for (let i = 0; i < messages.length; i += batchMessagesMax) {
          await withTimeout(
            queue.sendBatch(messages.slice(i, i + batchMessagesMax).map((body) => ({ body }))),
          )
        }
        return true
      } catch (cause) {
        // some messages may be in the queue; the client sends all again, and event ids prevent double counts
        logError('queue', cause)
        return false
      }
    },
  }
}

/** Rejects if the queue does not answer in time. */
async function withTimeout(sending: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${sendWithinMs} ms`)), sendWithinMs)
  })
  try {
    await Promise.race([sending, timeout])
  } finally {
    if (timer !== undefined) clearTimeout(timer)
  }
}

/** Splits records by size. A single record always fits, because request bodies are limited. */
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
