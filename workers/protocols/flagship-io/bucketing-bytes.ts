// The bucketing file as bytes, made once per isolate and content: most revisions leave the file as it was,
// and most requests want nothing but to hear so. Encodings are made when first asked for.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import type { Encoding } from '../../sdk/encoding.ts'
import { bucketingFile } from './bucketing-file.ts'

/** Of all files an isolate keeps, uncompressed; the one made first leaves first. */
const keptBytesMax = 16_000_000
/** Of 11: the next better takes three times as long for a few percent. */
const brotliQuality = 5
/** Below it, encoding saves no packet. */
const encodedFromBytes = 1_000

export interface FileBytes {
  /** Snapshots of one environment with the same one have the same file. */
  readonly modifiedAt: number
  readonly lastModified: string
  /** Strong tags, one per encoding. */
  readonly etags: Readonly<Record<Encoding, string>>
  readonly bodies: Map<Encoding, Uint8Array<ArrayBuffer>>
}

export type Files = (snapshot: Snapshot) => FileBytes

export function keepFiles(): Files {
  const kept = new Map<string, FileBytes>()
  let keptBytes = 0

  function drop(environmentId: string): void {
    const known = kept.get(environmentId)
    if (known) keptBytes -= sizeOf(known)
    kept.delete(environmentId)
  }

  return (snapshot) => {
    const { environmentId, modifiedAt } = snapshot
    const known = kept.get(environmentId)
    if (known?.modifiedAt === modifiedAt) return known
    const made = make(snapshot)
    drop(environmentId)
    kept.set(environmentId, made)
    keptBytes += sizeOf(made)
    for (const id of kept.keys()) {
      if (keptBytes <= keptBytesMax) break
      if (id !== environmentId) drop(id)
    }
    return made
  }
}

/** Small files are sent as they are. */
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

function make(snapshot: Snapshot): FileBytes {
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
