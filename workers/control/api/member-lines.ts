// Targeting keys out of an upload: one a line, as text, or as the first column of CSV. Read as they come,
// never whole.
import { valueLengthMax } from '../../../core/model/limits.ts'

export type LineFormat = 'text' | 'csv'

/** What is wrong with an upload. Thrown, since it ends a stream in the middle. */
export class BadUpload extends Error {
  override name = 'BadUpload'
  readonly code: 'INVALID' | 'TOO_LARGE'
  constructor(code: 'INVALID' | 'TOO_LARGE', message: string) {
    super(message)
    this.code = code
  }
}

/** Some lines at a time, without empty ones. */
export async function* linesOf(
  body: ReadableStream<Uint8Array>,
  format: LineFormat,
  bytesMax: number,
): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let rest = ''
  let bytes = 0
  let number = 0
  const read = (line: string): string => {
    number++
    const text = (format === 'csv' ? firstColumn(line) : line).trim()
    if (text.length > valueLengthMax)
      throw new BadUpload('INVALID', `line ${number} is longer than ${valueLengthMax} characters`)
    return text
  }
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new BadUpload('TOO_LARGE', `the body is larger than ${bytesMax} bytes`)
    const lines = (rest + decode(decoder, chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLengthMax) read(rest.slice(0, lineLengthMax))
    yield lines.map(read).filter((line) => line !== '')
  }
  const last = read(rest + decode(decoder))
  if (last !== '') yield [last]
}

/** Of a line of CSV with all its columns. */
const lineLengthMax = 100_000

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
  } catch {
    throw new BadUpload('INVALID', 'the body is not valid UTF-8')
  }
}

/** RFC 4180, as far as one line goes: quoted, with quotes doubled, or up to the first comma. */
function firstColumn(line: string): string {
  const quoted = /^\s*"((?:[^"]|"")*)"/.exec(line)?.[1]
  return quoted === undefined ? line.split(',', 1)[0]! : quoted.replaceAll('""', '"')
}
