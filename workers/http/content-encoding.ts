// Compressed request bodies: `content-encoding` of gzip, deflate or br. Inflated by zlib and not by
// DecompressionStream: in workerd that has no back pressure, so it inflates whatever it is given before
// anybody can count (a body of 29 kB becomes 30 MB in memory), and it does not know br. zlib stops at the
// limit.
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import { encodings } from './problem-response.ts'

interface Codec {
  readonly all: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array
  readonly stream: () => Transform
}
const gzip: Codec = { all: zlib.gunzipSync, stream: zlib.createGunzip }
const codecs = new Map<string, Codec>([
  ['gzip', gzip],
  ['x-gzip', gzip], // the same, by RFC 9110, 8.4.1.3
  ['deflate', { all: zlib.inflateSync, stream: zlib.createInflate }],
  ['br', { all: zlib.brotliDecompressSync, stream: zlib.createBrotliDecompress }],
])

export interface Encoding {
  readonly name: string
  readonly codec: Codec
}

/** Undefined for `identity`. A list is refused: no client compresses twice but to hide a bomb in a bomb. */
export function encodingOf(contentEncoding: string): Result<Encoding | undefined> {
  const name = contentEncoding.trim().toLowerCase()
  if (name === '' || name === 'identity') return ok(undefined)
  const codec = codecs.get(name)
  if (codec) return ok({ name, codec })
  const sent = JSON.stringify(contentEncoding.slice(0, 50))
  return refuse('UNSUPPORTED_ENCODING', `content-encoding: ${sent} is not one of ${encodings}`)
}

/** Inflates a whole body, to at most `bytesMax` bytes. An empty body stays empty. */
export function inflate(
  chunks: readonly Uint8Array[],
  { name, codec }: Encoding,
  bytesMax: number,
): Result<Uint8Array> {
  if (chunks.length === 0) return ok(new Uint8Array())
  try {
    return ok(codec.all(joined(chunks), { maxOutputLength: bytesMax }))
  } catch (error) {
    return error instanceof RangeError ? tooLarge(bytesMax) : refuse('INVALID', broken(name))
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

export const tooLarge = (bytesMax: number) => refuse('TOO_LARGE', `the body is larger than ${bytesMax} bytes`)

export const broken = (name: string) => `the body is not valid ${name}, or broke off`
