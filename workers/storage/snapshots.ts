// Snapshots in KV and R2. The snapshot of a revision never changes, so reading it is never stale. Only the
// pointer to the newest can be; it is used for cold starts while the environment's object is unavailable.
import type { Snapshot } from '../../core/model/snapshot.ts'

const snapshotKey = (environmentId: string, revision: number) => `snapshot:${environmentId}:${revision}`
const headKey = (environmentId: string) => `head:${environmentId}`
const archiveKey = (environmentId: string, revision: number) =>
  `snapshots/environment=${environmentId}/${revision}.json`

/** A snapshot and the JSON text that is published, in UTF-8. */
export interface EncodedSnapshot {
  readonly snapshot: Snapshot
  readonly bytes: Uint8Array
  /** The hashes of the imported keys that the environment owns, also of disabled ones. */
  readonly importedKeys: readonly string[]
}

export const encodeSnapshot = (snapshot: Snapshot, importedKeys: readonly string[]): EncodedSnapshot => ({
  snapshot,
  bytes: new TextEncoder().encode(JSON.stringify(snapshot)),
  importedKeys,
})

/** Idempotent: publishing a revision again writes the same bytes to the same keys. Writes to KV only. */
export async function publishSnapshot(
  kv: KVNamespace,
  { snapshot, bytes, importedKeys }: EncodedSnapshot,
): Promise<void> {
  const { environmentId, revision } = snapshot
  await Promise.all([
    kv.put(snapshotKey(environmentId, revision), bytes),
    ...importedKeys.map((sha256) => mapForeignKey(kv, sha256, environmentId)),
  ])
  // last, so that the pointer never names a missing snapshot
  await kv.put(headKey(environmentId), String(revision))
}

const foreignKey = (sha256: string) => `key:${sha256}`

/**
 * Maps a foreign key, whose text does not name its environment. The environment's snapshot says whether the
 * key is valid.
 */
async function mapForeignKey(kv: KVNamespace, sha256: string, environmentId: string): Promise<void> {
  if ((await readKeyEnvironment(kv, sha256)) !== environmentId)
    await kv.put(foreignKey(sha256), environmentId)
}

/** For a key that no environment owns any more. */
export const unmapForeignKey = (kv: KVNamespace, sha256: string): Promise<void> =>
  kv.delete(foreignKey(sha256))

/** Possibly a minute old. */
export const readKeyEnvironment = async (kv: KVNamespace, sha256: string): Promise<string | undefined> =>
  (await kv.get(foreignKey(sha256))) ?? undefined

/** The archive keeps every snapshot forever. */
export async function archiveSnapshot(
  archive: R2Bucket,
  environmentId: string,
  revision: number,
  text: string,
): Promise<void> {
  await archive.put(archiveKey(environmentId, revision), text)
}

/** The text of a past snapshot, from KV or the archive. */
export async function readPastSnapshot(
  { kv, archive }: { readonly kv: KVNamespace; readonly archive: R2Bucket },
  environmentId: string,
  revision: number,
): Promise<string | undefined> {
  const recent = await readSnapshotText(kv, environmentId, revision)
  if (recent !== null) return recent
  return (await archive.get(archiveKey(environmentId, revision)))?.text()
}

/** Deletes from KV only. */
export const clearSnapshot = (kv: KVNamespace, environmentId: string, revision: number): Promise<void> =>
  kv.delete(snapshotKey(environmentId, revision))

export const readSnapshotText = (
  kv: KVNamespace,
  environmentId: string,
  revision: number,
): Promise<string | null> => kv.get(snapshotKey(environmentId, revision))

/** Possibly a minute old. */
export async function readHeadPointer(kv: KVNamespace, environmentId: string): Promise<number | undefined> {
  const text = await kv.get(headKey(environmentId))
  return text === null ? undefined : Number(text)
}
