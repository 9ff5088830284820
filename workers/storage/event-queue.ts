// Sends records to the queue as lines of text: each is serialised once, here, and ingest copies its line into
// the lake. The records of a request are packed into as few messages as the limits allow, because a message
// costs the same whatever its size.
import type { EventRecord } from '../../analytics/records.ts'
import { logError } from '../http/log.ts'
import { within } from './within.ts'

/** Cloudflare's limits are 128,000 bytes per message and 256,000 per call, including overhead. */
export const messageBytesMax = 127_000
const batchMessagesMax = 2
/** A larger record is refused alone. */
export const recordBytesMax = 100_000
const sendWithinMs = 5_000

/** Where a message may go: every queue of the same kind takes any message. */
export type EventQueue = Queue<string>

export interface Queued {
  /** Whether every record that is not too large is in a queue. */
  readonly taken: boolean
  readonly tooLarge: readonly EventRecord[]
}

/**
 * Requests take turns at the queues, because a queue takes at most 5,000 messages a second. What one queue
 * refuses, the next one is offered.
 */
export function eventQueue(
  queues: readonly EventQueue[],
): (records: readonly EventRecord[]) => Promise<Queued> {
  let turn = 0
  return async (records) => {
    const { messages, tooLarge } = pack(records)
    turn = (turn + 1) % queues.length
    const inTurn = [...queues.slice(turn), ...queues.slice(0, turn)]
    for (let i = 0; i < messages.length; i += batchMessagesMax) {
      const batch = messages.slice(i, i + batchMessagesMax)
      // Some messages may be in a queue; the client sends all again, and events are counted once.
      if (!(await sendToOne(inTurn, batch))) return { taken: false, tooLarge }
    }
    return { taken: true, tooLarge }
  }
}

async function sendToOne(queues: readonly EventQueue[], bodies: readonly string[]): Promise<boolean> {
  const messages = bodies.map((body) => ({ body, contentType: 'text' as const }))
  const deadline = Date.now() + sendWithinMs
  for (const queue of queues) {
    const left = deadline - Date.now()
    if (left <= 0) return false
    try {
      await within(left, queue.sendBatch(messages))
      return true
    } catch (cause) {
      logError('queue', cause)
    }
  }
  return false
}

export interface Packed {
  /** Lines of JSON, each with its line feed. */
  readonly messages: readonly string[]
  readonly tooLarge: readonly EventRecord[]
}

/** Fills messages to the limit, in order. */
export function pack(records: readonly EventRecord[]): Packed {
  const lines = records.map((record) => `${JSON.stringify(record)}\n`)
  const all = lines.join('')
  if (all.length * utf8BytesMax <= recordBytesMax) return { messages: all === '' ? [] : [all], tooLarge: [] }
  const messages: string[] = []
  const tooLarge: EventRecord[] = []
  let bytes = Infinity
  for (const [i, line] of lines.entries()) {
    const size = encoder.encode(line).byteLength
    if (size > recordBytesMax) {
      tooLarge.push(records[i]!)
      continue
    }
    if (bytes + size > messageBytesMax) {
      messages.push('')
      bytes = 0
    }
    messages[messages.length - 1] += line
    bytes += size
  }
  return { messages, tooLarge }
}

/** Of one character of a text in UTF-16: what is certainly short enough is not measured. */
const utf8BytesMax = 3
const encoder = new TextEncoder()
