// The members of large segments. Their hashes, which edge decides by, are one object in KV and one in R2,
// named by their content. The ids themselves are a text in R2, for downloads. Objects never change: a segment
// refers to its current ones.
import { type Members, memberBytes } from '../../core/model/members.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { sha256Hex } from '../http/digest.ts'

const hashesKey = (environmentId: string, sha256: string) => `members:${environmentId}:${sha256}`
const hashesObject = (environmentId: string, sha256: string) =>
  `members/environment=${environmentId}/hashes/${sha256}`
const listObject = (environmentId: string, list: string) =>
  `members/environment=${environmentId}/ids/${list}.txt`

export interface MemberStores {
  readonly kv: KVNamespace
  readonly archive: R2Bucket
}

/** Returns the name of the hashes: their SHA-256. Call before storing a reference to it. */
export async function publishMembers(
  { kv, archive }: MemberStores,
  environmentId: string,
  hashes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const sha256 = await sha256Hex(hashes)
  await Promise.all([
    kv.put(hashesKey(environmentId, sha256), hashes),
    archive.put(hashesObject(environmentId, sha256), hashes),
  ])
  return sha256
}

export const readMembers = (
  kv: KVNamespace,
  environmentId: string,
  sha256: string,
): Promise<ArrayBuffer | null> => kv.get(hashesKey(environmentId, sha256), 'arrayBuffer')

export async function readArchivedMembers(
  archive: R2Bucket,
  environmentId: string,
  sha256: string,
): Promise<ArrayBuffer | undefined> {
  return (await archive.get(hashesObject(environmentId, sha256)))?.arrayBuffer()
}

/** Whether the set is stored, with as many members. Reads none of them. */
export async function hasMembers(
  archive: R2Bucket,
  environmentId: string,
  { sha256, count }: { readonly sha256: string; readonly count: number },
): Promise<boolean> {
  return (await archive.head(hashesObject(environmentId, sha256)))?.size === count * memberBytes
}

/**
 * Members by segment key, for every segment that has an uploaded set. Throws when a set cannot be read: a
 * snapshot without it would decide differently.
 */
export async function membersOf(
  { segments }: Pick<Snapshot, 'segments'>,
  read: (sha256: string) => Members | undefined | Promise<Members | undefined>,
): Promise<Map<string, Members>> {
  const bySegment = new Map<string, Members>()
  for (const { key, members } of segments) {
    if (!members) continue
    const set = await read(members.sha256)
    if (set?.high.length !== members.count) throw new Error(`the members of segment ${key} cannot be read`)
    bySegment.set(key, set)
  }
  return bySegment
}

export const readIds = (archive: R2Bucket, environmentId: string, list: string) =>
  archive.get(listObject(environmentId, list))

export const deleteIds = (archive: R2Bucket, environmentId: string, list: string): Promise<void> =>
  archive.delete(listObject(environmentId, list))

/** R2 requires all parts of an upload but the last to have the same size. */
const partBytes = 8 * 1024 * 1024

export interface IdWriter {
  readonly write: (lines: readonly string[]) => Promise<void>
  readonly finish: () => Promise<void>
  readonly abort: () => Promise<void>
}

/** Streams a list of any length, with one part at a time in memory. */
export function writeIds(archive: R2Bucket, environmentId: string, list: string): IdWriter {
  const key = listObject(environmentId, list)
  const options = { httpMetadata: { contentType: 'text/plain; charset=utf-8' } }
  const encoder = new TextEncoder()
  const parts: R2UploadedPart[] = []
  let upload: R2MultipartUpload | undefined
  let buffer = new Uint8Array(partBytes)
  let filled = 0

  async function append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.byteLength;) {
      const slice = bytes.subarray(from, from + partBytes - filled)
      buffer.set(slice, filled)
      filled += slice.byteLength
      from += slice.byteLength
      if (filled < partBytes) continue
      upload ??= await archive.createMultipartUpload(key, options)
      parts.push(await upload.uploadPart(parts.length + 1, buffer))
      filled = 0
    }
  }

  return {
    write: (lines) =>
      lines.length === 0 ? Promise.resolve() : append(encoder.encode(`${lines.join('\n')}\n`)),
    async finish() {
      const rest = buffer.subarray(0, filled)
      buffer = new Uint8Array(0)
      if (!upload) return void (await archive.put(key, rest, options))
      if (rest.byteLength > 0) parts.push(await upload.uploadPart(parts.length + 1, rest))
      await upload.complete(parts)
    },
    async abort() {
      await upload?.abort()
    },
  }
}
