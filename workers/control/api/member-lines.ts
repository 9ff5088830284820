// Reads targeting keys from an upload: one per line of plain text, or a column of a CSV file. Streams, so
// that the upload is never in memory as a whole.
import { pipeline } from 'node:stream'
import { valueLengthMax } from '../../../core/model/limits.ts'
import { type Result, ok } from '../../../core/model/problem.ts'
import { type Encoding, broken, encodingOf } from '../../http/content-encoding.ts'
import { type CsvReader, UploadError, csvReader, isHeader } from './csv-ids.ts'

export { UploadError }

/**
 * `list`: our own, an id on each line. `text`: the same from people, who may send a table by that name: one
 * whose first line is a header is read as CSV. `column`: see `csvReader`.
 */
export type UploadFormat =
  | { readonly kind: 'list' | 'text' }
  | { readonly kind: 'csv'; readonly column?: string | undefined }

/** The body of an upload, inflated if it is compressed. */
export function uploadOf(request: Request): Result<AsyncIterable<Uint8Array>> {
  const encoding = encodingOf(request.headers.get('content-encoding') ?? '')
  if (!encoding.ok) return encoding
  const body = (request.body ?? new Blob([]).stream()) as unknown as AsyncIterable<Uint8Array>
  return ok(encoding.value && request.body ? inflated(body, encoding.value) : body)
}

async function* inflated(
  body: AsyncIterable<Uint8Array>,
  { name, codec }: Encoding,
): AsyncGenerator<Uint8Array> {
  const inflating = codec.stream()
  pipeline(body, inflating, () => {}) // the loop over `inflating` throws the error
  try {
    yield* inflating
  } catch {
    throw new UploadError('INVALID', broken(name))
  }
}

/** Yields batches of ids, trimmed, without empty ones. `bytesMax` is for the inflated bytes. */
export async function* idsIn(
  body: AsyncIterable<Uint8Array>,
  format: UploadFormat,
  bytesMax: number,
): AsyncGenerator<string[]> {
  const reader =
    format.kind === 'csv' ? csvReader(format.column) : format.kind === 'text' ? textReader() : listReader()
  for await (const lines of linesIn(body, bytesMax))
    yield lines.flatMap((line) => {
      const id = reader.read(line)
      return id === undefined ? [] : [id]
    })
  reader.end()
}

function textReader(): CsvReader {
  let reader: CsvReader | undefined
  return {
    read(line) {
      if (!reader && line.trim() === '') return undefined
      reader ??= isHeader(line) ? csvReader(undefined) : listReader()
      return reader.read(line)
    },
    end: () => reader?.end(),
  }
}

function listReader(): CsvReader {
  let number = 0
  return {
    read(line) {
      number++
      const id = line.trim()
      if (id.length > valueLengthMax)
        throw new UploadError('INVALID', `line ${number} is longer than ${valueLengthMax} characters`)
      return id === '' ? undefined : id
    },
    end: () => {},
  }
}

/** A CSV line with all its columns. */
const lineLengthMax = 100_000

/** Batches of lines, as they were sent but for the line break. */
async function* linesIn(body: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let rest = ''
  let bytes = 0
  for await (const chunk of body) {
    if (bytes === 0 && isUtf16(chunk))
      throw new UploadError('INVALID', 'the body is UTF-16: save it as UTF-8')
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new UploadError('TOO_LARGE', `the body is larger than ${bytesMax} bytes`)
    const lines = (rest + decode(decoder, chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLengthMax)
      throw new UploadError('INVALID', `a line is longer than ${lineLengthMax} characters`)
    yield lines
  }
  yield [rest + decode(decoder)]
}

/** The byte order mark of UTF-16, as Excel writes "Unicode text". */
const isUtf16 = ([first, second]: Uint8Array) =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
  } catch {
    throw new UploadError('INVALID', 'the body is not valid UTF-8')
  }
}
