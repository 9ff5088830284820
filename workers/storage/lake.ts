// Writes to the lake in R2: records, what is no record, and messages that could not be stored for days.
// Objects are named by their content, so writing one twice changes nothing.
import { badKey, deadLetterKey, lakeKey, type Line, portions, textOf } from '../../analytics/lake.ts'
import type { BadContent } from '../../analytics/messages.ts'
import { sha256Hex } from '../http/digest.ts'
import { logError } from '../http/log.ts'
import { within } from './within.ts'

/** How long R2 may take for one object. Then its messages are delivered again. */
export const putWithinMs = 20_000

export interface WrittenLines {
  readonly failed: ReadonlySet<Line>
  /** Of objects that were there before: the lake has these lines already. */
  readonly known: ReadonlySet<Line>
}

/** One object per environment and hour of receipt. */
export async function writeLines(bucket: R2Bucket, all: readonly Line[]): Promise<WrittenLines> {
  const failed = new Set<Line>()
  const known = new Set<Line>()
  const writes = portions(all).map(async (portion) => {
    const { environmentId, hour, lines } = portion
    try {
      const text = textOf(portion)
      const key = lakeKey(environmentId, hour, await sha256Hex(text))
      const options = {
        // No contentEncoding: with it, HTTP clients take the compression off.
        httpMetadata: { contentType: 'application/gzip' },
        customMetadata: { records: String(lines.length) }, // to say how many a damaged object had
        onlyIf: new Headers({ 'if-none-match': '*' }),
      }
      const stored = await within(putWithinMs, bucket.put(key, await gzip(text), options))
      if (stored === null) for (const line of lines) known.add(line)
    } catch (cause) {
      logError('lake', cause)
      for (const line of lines) failed.add(line)
    }
  })
  await Promise.all(writes)
  return { failed, known }
}

/** False if it could not be written. `day` is that of the message, as `2026-11-21`. */
export async function writeBad(
  bucket: R2Bucket,
  messageId: string,
  day: string,
  bad: readonly BadContent[],
): Promise<boolean> {
  const text = toText({ messageId, bad })
  return put(bucket, badKey(day, await sha256Hex(text)), text, 'application/json')
}

/** False if they could not be written. Each line is the JSON of one message. */
export async function writeDeadLetters(
  bucket: R2Bucket,
  day: string,
  lines: readonly string[],
): Promise<boolean> {
  const text = lines.map((line) => `${line}\n`).join('')
  return put(bucket, deadLetterKey(day, await sha256Hex(text)), await gzip(text), 'application/gzip')
}

/** Whatever it holds: a queue can carry more than JSON. */
function toText(content: unknown): string {
  try {
    return JSON.stringify(content, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
  } catch (cause) {
    return JSON.stringify({ unwritable: String(cause) }) // a cycle
  }
}

async function put(bucket: R2Bucket, key: string, body: string | ArrayBuffer, contentType: string) {
  try {
    await within(putWithinMs, bucket.put(key, body, { httpMetadata: { contentType } }))
    return true
  } catch (cause) {
    logError(key.split('/')[0] ?? '', cause)
    return false
  }
}

/** Collects the compressed bytes, because R2 requires their length. */
function gzip(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
}
