// Writes to the lake in R2: records, what is no record, and messages that could not be stored for days.
// Objects are named by their content, so writing one twice changes nothing.
import { badKey, deadLetterKey, lakeKey, portions, toNdjson } from '../../analytics/lake.ts'
import type { BadContent } from '../../analytics/messages.ts'
import type { EventEnvelope } from '../../analytics/records.ts'
import { sha256Hex } from '../http/digest.ts'
import { logError } from '../http/log.ts'

/** One object per environment and hour of receipt. Resolves to the records that could not be written. */
export async function writeRecords(
  bucket: R2Bucket,
  records: readonly EventEnvelope[],
): Promise<ReadonlySet<EventEnvelope>> {
  const failed = new Set<EventEnvelope>()
  const writes = portions(records).map(async ({ environmentId, hour, records: portion }) => {
    const text = toNdjson(portion)
    try {
      const key = lakeKey(environmentId, hour, await sha256Hex(text))
      await bucket.put(key, await gzip(text), {
        // No contentEncoding: with it, HTTP clients take the compression off.
        httpMetadata: { contentType: 'application/gzip' },
        customMetadata: { records: String(portion.length) }, // to say how many a damaged object had
      })
    } catch (cause) {
      logError('lake', cause)
      for (const record of portion) failed.add(record)
    }
  })
  await Promise.all(writes)
  return failed
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
    await bucket.put(key, body, { httpMetadata: { contentType } })
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
