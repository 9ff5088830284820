// Removes from the cache what the store has no more of a day, such as what another runner compacted or
// removed for a user: nothing reads it, and it would stay for ever.
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { dayPrefix, partsDayPrefix, runOfPart } from '../../analytics/lake.ts'
import type { ListedDay } from './listing.ts'

/** A part that is being written is in the cache before it is in the store. */
const writtenWithinMs = 3_600_000

export async function pruneDay(
  environmentId: string,
  { day, raw, parts }: ListedDay,
  { root, now }: { readonly root: string; readonly now: number },
): Promise<void> {
  const listed = new Set([...raw, ...parts])
  for (const prefix of [dayPrefix, partsDayPrefix]) {
    const folder = prefix(environmentId, day)
    const names = await readdir(path.join(root, folder), { recursive: true }).catch(() => [])
    for (const name of names) {
      const key = folder + name.replaceAll(path.sep, '/')
      const isObject = /\.(?:ndjson\.gz|parquet)$/.test(key)
      const isNew = now - (runOfPart(key) ?? -Infinity) < writtenWithinMs
      if (isObject && !isNew && !listed.has(key)) await rm(path.join(root, key), { force: true })
    }
  }
}
