// What a queue message holds, read with suspicion: a message that cannot be read must not keep its neighbours
// from the lake.
import * as z from 'zod/mini'
import type { Line } from './lake.ts'
import { EventEnvelope } from './records.ts'

/** Something in a message that is no record, and why. */
export interface BadContent {
  /** `records.3.value: Invalid input`; for a person. */
  readonly reason: string
  readonly content: unknown
}

export interface MessageContent {
  readonly lines: readonly Line[]
  readonly bad: readonly BadContent[]
}

/** The form of earlier releases, which may be in a queue or a dead letter for weeks. */
const Message = z.looseObject({ records: z.array(z.unknown()) })

/** A message is a text with one record a line. */
export function readMessage(body: unknown): MessageContent {
  if (typeof body === 'string') return readAll(body.split('\n').filter(Boolean), parse)
  const message = Message.safeParse(body)
  return message.success
    ? readAll(message.data.records, (content) => ({ content, text: stringify(content) }))
    : { lines: [], bad: [{ reason: 'it is no message with records', content: body }] }
}

interface Parsed {
  readonly content: unknown
  /** Undefined if the content is not JSON. */
  readonly text: string | undefined
}

function readAll<T>(items: readonly T[], parse: (item: T) => Parsed): MessageContent {
  const lines: Line[] = []
  const bad: BadContent[] = []
  for (const [i, item] of items.entries()) {
    const { content, text } = parse(item)
    if (text === undefined) {
      bad.push({ reason: `records.${i}: it is not JSON`, content })
      continue
    }
    const parsed = EventEnvelope.safeParse(content)
    const issue = parsed.error?.issues[0]
    if (issue) bad.push({ reason: `${['records', i, ...issue.path].join('.')}: ${issue.message}`, content })
    else if (!isWellFormed(text)) bad.push({ reason: `records.${i}: a text is not well-formed`, content })
    else lines.push({ record: content as EventEnvelope, text }) // content: the parsed copy has another order
  }
  return { lines, bad }
}

function parse(text: string): Parsed {
  try {
    return { content: JSON.parse(text), text }
  } catch {
    return { content: text, text: undefined }
  }
}

function stringify(content: unknown): string | undefined {
  try {
    return JSON.stringify(content)
  } catch {
    return undefined // what JSON cannot hold, such as a bigint
  }
}

/** JSON.stringify writes half of a surrogate pair as an escape, at which ClickHouse fails. */
const isWellFormed = (json: string): boolean =>
  !/\\ud/i.test(json) || !/(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/i.test(json)
