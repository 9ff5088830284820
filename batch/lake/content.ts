// The content of an object of the lake, whatever took a compression off or put one on underway, and whether
// it is what its name says. Earlier releases stored objects with `Content-Encoding: gzip`: from R2, an HTTP
// client unpacks them to plain text; wrangler's emulator packs them twice. Newer ones come as they are
// stored.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { EventEnvelope } from '../../analytics/records.ts'

/** One by ingest, one by an emulator, one to spare. */
const layersMax = 3

const unpack = promisify(gunzip)
const pack = promisify(gzip)

export interface Content {
  /** NDJSON, as ingest wrote it. */
  readonly text: Uint8Array
  /** The same in one layer of gzip, as the cache keeps it. */
  readonly packed: Uint8Array
}

/** Rejects if a layer of gzip is damaged. */
export async function toContent(bytes: Uint8Array): Promise<Content> {
  let text = bytes
  let packed: Uint8Array | undefined
  for (let layer = 0; layer < layersMax && isGzip(text); layer++) {
    packed = text
    text = await unpack(text)
  }
  return { text, packed: packed ?? (await pack(text)) }
}

/** RFC 1952, section 2.3.1. NDJSON begins with a brace. */
const isGzip = ([first, second]: Uint8Array) => first === 0x1f && second === 0x8b

/** Every time at which an event of the object counts lies between the two, in epoch milliseconds. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

export type Inspection =
  /** `name-differs`: whole and readable, but its digest is not its name. */
  | ({ readonly state: 'sound' | 'name-differs' } & TimeRange)
  | { readonly state: 'damaged'; readonly reason: string }

/**
 * Whether the text, or the bytes of a part, is what the object's key says: its SHA-256, and records of one
 * environment. A part's times are in its manifest.
 */
export function inspect(key: string, text: Uint8Array): Inspection {
  const digest = createHash('sha256').update(text).digest('hex')
  if (key.endsWith('.parquet'))
    return key.endsWith(`-${digest}.parquet`)
      ? { state: 'sound', from: 0, to: 0 }
      : { state: 'damaged', reason: 'its content is not what its name says' }
  const isNamed = key.endsWith(`/${digest}.ndjson.gz`)
  const reason = isNamed ? undefined : faultOf(key, text)
  if (reason !== undefined) return { state: 'damaged', reason }
  return { state: isNamed ? 'sound' : 'name-differs', ...timeRange(text) }
}

function faultOf(key: string, text: Uint8Array): string | undefined {
  if (text.byteLength === 0) return 'it is empty'
  const [, environmentId] = /environment=([^/]+)\//.exec(key) ?? []
  const lines = new TextDecoder().decode(text).split('\n')
  if (lines.pop() !== '') return 'it ends in the middle of a line'
  const damaged = lines.findIndex(
    (line) => EventEnvelope.safeParse(parse(line)).data?.environmentId !== environmentId,
  )
  return damaged === -1 ? undefined : `line ${damaged + 1} is not a record of its environment`
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * An event counts at the earlier of `at` and `receivedAt` (sql/counting/events.sql). The search finds every
 * such member: JSON.stringify writes no blanks, and escapes quotes inside texts. What it finds beyond that
 * only widens the range.
 */
function timeRange(text: Uint8Array): TimeRange {
  let from = Infinity
  const latest = { at: -Infinity, receivedAt: -Infinity }
  for (const [, name, digits] of Buffer.from(text)
    .toString('latin1')
    .matchAll(/"(at|receivedAt)":(-?\d+)/g)) {
    const time = Number(digits)
    from = Math.min(from, time)
    latest[name as keyof typeof latest] = Math.max(latest[name as keyof typeof latest], time)
  }
  return { from, to: Math.min(latest.at, latest.receivedAt) }
}
