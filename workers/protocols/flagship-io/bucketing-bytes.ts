// Caches the bucketing file's bytes per isolate. Most revisions do not change the file, and most requests
// find it unmodified. Each encoding is built on first use.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import type { Encoding } from '../../sdk/encoding.ts'
import { bucketingFile } from './bucketing-file.ts'

/** Limit for all files of an isolate, uncompressed. The oldest is dropped first. */
const cachedBytesMax = 16_000_000
/** Of 0 to 11. The next higher takes three times as long and saves a few percent. */
const brotliQuality = 5
/** Encoding smaller files saves no network packet. */
const encodedFromBytes = 1_000

export interface FileBytes {
  /** Snapshots of an environment that have the same `modifiedAt` have the same file. */
  readonly modifiedAt: number
  readonly lastModified: string
  /** Strong tags, one per encoding. */
  readonly etags: Readonly<Record<Encoding, string>>
  readonly bodies: Map<Encoding, Uint8Array<ArrayBuffer>>
}

export type FileCache = (snapshot: Snapshot) => FileBytes

export function createFileCache(): FileCache {
  const files = new Map<string, FileBytes>()
  let cachedBytes = 0

  function drop(environmentId: string): void {
    const file = files.get(environmentId)
    if (file) cachedBytes -= sizeOf(file)
    files.delete(environmentId)
  }

  return (snapshot) => {
    const { environmentId, modifiedAt } = snapshot
    const cached = files.get(environmentId)
    if (cached?.modifiedAt === modifiedAt) return cached
    const file = buildFile(snapshot)
    drop(environmentId)
    files.set(environmentId, file)
    cachedBytes += sizeOf(file)
    for (const id of files.keys()) {
      if (cachedBytes <= cachedBytesMax) break
      if (id !== environmentId) drop(id)
    }
    return file
  }
}

/** Small files are not encoded. */
export function encodingOf({ bodies }: FileBytes, accepted: Encoding): Encoding {
  return bodies.get('identity')!.byteLength < encodedFromBytes ? 'identity' : accepted
}

export function bodyOf({ bodies }: FileBytes, encoding: Encoding): Uint8Array<ArrayBuffer> {
  let body = bodies.get(encoding)
  if (!body) {
    body = encode(bodies.get('identity')!, encoding)
    bodies.set(encoding, body)
  }
  return body
}

export const lastModifiedOf = ({ modifiedAt }: Snapshot): string => new Date(modifiedAt * 1_000).toUTCString()

function buildFile(snapshot: Snapshot): FileBytes {
  const text = JSON.stringify(bucketingFile(snapshot).file)
  const hash = murmur3x64Hex(text)
  return {
    modifiedAt: snapshot.modifiedAt,
    lastModified: lastModifiedOf(snapshot),
    etags: { identity: `"${hash}"`, gzip: `"${hash}-gzip"`, br: `"${hash}-br"` },
    bodies: new Map<Encoding, Uint8Array<ArrayBuffer>>([
      ['identity', new Uint8Array(new TextEncoder().encode(text))],
    ]),
  }
}

function encode(bytes: Uint8Array<ArrayBuffer>, encoding: Encoding): Uint8Array<ArrayBuffer> {
  switch (encoding) {
    case 'identity':
      return bytes
    case 'gzip':
      return new Uint8Array(gzipSync(bytes))
    case 'br':
      return new Uint8Array(
        brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
      )
  }
}

const sizeOf = ({ bodies }: FileBytes): number => bodies.get('identity')!.byteLength
