// Published snapshots. The text under a revision never changes, so a read of it is never stale; only the
// pointer can be, and it serves cold starts while the environment's object cannot be asked.
import type { Snapshot } from '../../core/model/snapshot.ts'

const snapshotKey = (environmentId: string, revision: number) => `snapshot:${environmentId}:${revision}`
const headKey = (environmentId: string) => `head:${environmentId}`
const archiveKey = (environmentId: string, revision: number) =>
  `snapshots/environment=${environmentId}/${revision}.json`

/**
 * Idempotent: publishing a revision again writes the same bytes to the same names. The archive is another
 * matter (`archiveSnapshot`).
 */
export async function publishSnapshot(kv: KVNamespace, snapshot: Snapshot): Promise<void> {
  const { environmentId, revision } = snapshot
  const foreign = snapshot.sdkKeys.filter((key) => key.foreign)
  await Promise.all([
    kv.put(snapshotKey(environmentId, revision), JSON.stringify(snapshot)),
    ...foreign.map(({ sha256 }) => announceKey(kv, sha256, environmentId)),
  ])
  await kv.put(headKey(environmentId), String(revision)) // last: a pointer never names what is not there
}

const foreignKey = (sha256: string) => `key:${sha256}`

/**
 * Says where a key leads whose text does not. Whether it is still good, the environment's snapshot says; a
 * key that leads elsewhere stays.
 */
async function announceKey(kv: KVNamespace, sha256: string, environmentId: string): Promise<void> {
  if ((await readKeyEnvironment(kv, sha256)) === undefined) await kv.put(foreignKey(sha256), environmentId)
}

/** Possibly a minute old. */
export const readKeyEnvironment = async (kv: KVNamespace, sha256: string): Promise<string | undefined> =>
  (await kv.get(foreignKey(sha256))) ?? undefined

/** For good: any revision can be looked at later. */
export async function archiveSnapshot(
  archive: R2Bucket,
  environmentId: string,
  revision: number,
  text: string,
): Promise<void> {
  await archive.put(archiveKey(environmentId, revision), text)
}

/** A past snapshot's text: the newest ones are in KV, all but the very newest in the archive. */
export async function readPastSnapshot(
  { kv, archive }: { readonly kv: KVNamespace; readonly archive: R2Bucket },
  environmentId: string,
  revision: number,
): Promise<string | undefined> {
  const kept = await readSnapshotText(kv, environmentId, revision)
  if (kept !== null) return kept
  return (await archive.get(archiveKey(environmentId, revision)))?.text()
}

/** From KV only: the archive keeps it. */
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
