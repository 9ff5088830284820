// Reads targeting keys from an upload, one per line: plain text, or the first column of a CSV file.
// Streams, so that the upload is never in memory as a whole.
import { valueLengthMax } from '../../../core/model/limits.ts'

type LineFormat = 'text' | 'csv'

/** An invalid upload. Thrown, because it can occur in the middle of a stream. */
export class UploadError extends Error {
  override name = 'UploadError'
  readonly code: 'INVALID' | 'TOO_LARGE'
  constructor(code: 'INVALID' | 'TOO_LARGE', message: string) {
    super(message)
    this.code = code
  }
}

/** Yields batches of trimmed lines without empty ones. */
export async function* linesOf(
  body: ReadableStream<Uint8Array>,
  format: LineFormat,
  bytesMax: number,
): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let rest = ''
  let bytes = 0
  let number = 0
  const parseLine = (line: string): string => {
    number++
    const text = (format === 'csv' ? firstColumn(line) : line).trim()
    if (text.length > valueLengthMax)
      throw new UploadError('INVALID', `line ${number} is longer than ${valueLengthMax} characters`)
    return text
  }
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new UploadError('TOO_LARGE', `the body is larger than ${bytesMax} bytes`)
    const lines = (rest + decode(decoder, chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLengthMax) parseLine(rest.slice(0, lineLengthMax))
    yield lines.map(parseLine).filter((line) => line !== '')
  }
  const last = parseLine(rest + decode(decoder))
  if (last !== '') yield [last]
}

/** A CSV line with all its columns. */
const lineLengthMax = 100_000

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
  } catch {
    throw new UploadError('INVALID', 'the body is not valid UTF-8')
  }
}

/** RFC 4180 within one line: a quoted value with doubled quotes, or everything up to the first comma. */
function firstColumn(line: string): string {
  const quoted = /^\s*"((?:[^"]|"")*)"/.exec(line)?.[1]
  return quoted === undefined ? line.split(',', 1)[0]! : quoted.replaceAll('""', '"')
}
