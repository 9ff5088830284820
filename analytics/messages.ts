// What a queue message holds, read with suspicion: a message that cannot be read must not keep its neighbours
// from the lake.
import * as z from 'zod/mini'
import { EventEnvelope } from './records.ts'

/** Something in a message that is no record, and why. */
export interface BadContent {
  /** `records.3.value: Invalid input`; for a person. */
  readonly reason: string
  readonly content: unknown
}

export interface MessageContent {
  readonly records: readonly EventEnvelope[]
  readonly bad: readonly BadContent[]
}

const Message = z.looseObject({ records: z.array(z.unknown()) })

export function readMessage(body: unknown): MessageContent {
  const message = Message.safeParse(body)
  if (!message.success)
    return { records: [], bad: [{ reason: 'it is no message with records', content: body }] }
  const records: EventEnvelope[] = []
  const bad: BadContent[] = []
  for (const [i, content] of message.data.records.entries()) {
    const parsed = EventEnvelope.safeParse(content)
    const issue = parsed.error?.issues[0]
    if (issue) bad.push({ reason: `${['records', i, ...issue.path].join('.')}: ${issue.message}`, content })
    else if (!isWellFormed(content)) bad.push({ reason: `records.${i}: a text is not well-formed`, content })
    else records.push(content as EventEnvelope) // not the parsed copy: its members have another order
  }
  return { records, bad }
}

/** JSON.stringify writes half of a surrogate pair as an escape, at which ClickHouse fails. */
function isWellFormed(content: unknown): boolean {
  try {
    return !/(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/i.test(JSON.stringify(content))
  } catch {
    return false // what JSON cannot hold, such as a bigint
  }
}
