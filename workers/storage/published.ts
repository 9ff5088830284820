// Published snapshots. The text under a revision never changes, so a read of it is never stale; only the pointer can be, and it serves
// cold starts while the environment's object cannot be asked.
import type { Snapshot } from '../../core/snapshot.ts'

const snapshotKey = (environmentId: string, revision: number) => `snapshot:${environmentId}:${revision}`
const headKey = (environmentId: string) => `head:${environmentId}`
const archiveKey = (environmentId: string, revision: number) =>
  `snapshots/environment=${environmentId}/${revision}.json`

export interface Published {
  readonly kv: KVNamespace
  readonly archive: R2Bucket
}

/** Idempotent: publishing a revision again writes the same bytes to the same names. */
export async function publishSnapshot({ kv, archive }: Published, snapshot: Snapshot): Promise<void> {
  const { environmentId, revision } = snapshot
  const text = JSON.stringify(snapshot)
  await Promise.all([
    kv.put(snapshotKey(environmentId, revision), text),
    archive.put(archiveKey(environmentId, revision), text),
  ])
  await kv.put(headKey(environmentId), String(revision)) // last: a pointer never names what is not there
}

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
