// Changes which objects hold the records of a day: writes parts, and names them in the manifest by one
// conditional put. Whatever stops it before the put leaves the day as it was; what it had written is swept
// later (batch/jobs/compact.ts). Of two changes at once, one wins, and the other is made again on what is
// there then.
import { readFile } from 'node:fs/promises'
import { dayPrefix, manifestKey, partsDayPrefix } from '../../analytics/lake.ts'
import { type Manifest, type Part, withParts } from '../../analytics/manifest.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import type { LakeDay, PartFile } from './cache.ts'
import type { ListedDay } from './listing.ts'
import type { ObjectStore } from './s3.ts'

const uploadsMax = 4

export interface DayChange {
  readonly environmentId: string
  readonly listed: ListedDay
  readonly before: Pick<LakeDay, 'manifest' | 'etag'>
  /** The names of parts that the new ones replace. */
  readonly removed: ReadonlySet<string>
  readonly added: readonly PartFile[]
  /** The keys of raw objects whose records are in the new parts, or removed. */
  readonly rawKeys: readonly string[]
  /** Epoch milliseconds. */
  readonly now: number
}

/** The manifest that holds now; `conflict` if another change came first. */
export async function changeDay(
  store: ObjectStore,
  { environmentId, listed, before, removed, added, rawKeys, now }: DayChange,
): Promise<Result<Manifest | 'conflict', Failure>> {
  const { day } = listed
  const rawName = (key: string) => key.slice(dayPrefix(environmentId, day).length)
  const partName = (key: string) => key.slice(partsDayPrefix(environmentId, day).length)
  const uploaded = await mapConcurrently(added, uploadsMax, async ({ file, part }) =>
    store.write(partsDayPrefix(environmentId, day) + part.name, await readFile(file), {
      'content-type': 'application/vnd.apache.parquet',
      'x-amz-meta-records': String(Object.values(part.records).reduce((sum, count) => sum + count, 0)),
    }),
  )
  if (!uploaded.ok) return uploaded
  const manifest = withParts(before.manifest, {
    removed,
    added: added.map(({ part }): Part => part),
    rawNames: rawKeys.map(rawName),
    listed: new Set([...listed.raw.map(rawName), ...listed.parts.map(partName)]),
    now,
  })
  const text = JSON.stringify(manifest)
  const key = manifestKey(environmentId, day)
  const put = await store.replace(key, new TextEncoder().encode(text), before.etag)
  if (!put.ok) return put
  if (put.value === 'replaced') return ok(manifest)
  // The answer to the first attempt may have got lost, and the second one found the first one's work.
  const there = await store.readVersion(key)
  if (!there.ok) return there
  const isOurs = there.value !== undefined && new TextDecoder().decode(there.value.bytes) === text
  return ok(isOurs ? manifest : 'conflict')
}
