// What the lake holds of an environment, as files on disk. One listing says which raw objects and which
// manifests there are; a manifest says which raw objects are in parts. A cached file that is neither listed
// nor named is ignored.
import path from 'node:path'
import { dayPrefix, daysBetween, manifestKey, partsDayPrefix } from '../../analytics/lake.ts'
import { type Manifest, noManifest, type Part, recordsOf, replacedNames } from '../../analytics/manifest.ts'
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { type LakeListing, lakeListing, type ListedDay } from './listing.ts'
import { readManifest } from './manifests.ts'
import { type DamagedObject, isRawKey, type ReadyObject, type ReadyObjects, readyObjects } from './objects.ts'
import type { ObjectStore } from './s3.ts'

const daysMax = 4

/** Half-open, in epoch milliseconds of the time at which events count. */
export interface Window {
  readonly from: number
  readonly to: number
}

export interface PartFile {
  readonly file: string
  readonly part: Part
}

/**
 * Where records are: paths, sorted. A part that is left in the lake is not at its path. No record is in both,
 * but copies of one event may be.
 */
export interface RecordFiles {
  /** Gzipped NDJSON. */
  readonly raw: readonly string[]
  /** Parquet. */
  readonly parts: readonly PartFile[]
}

export interface LakeFiles extends RecordFiles {
  /** No event of the files counts later, in epoch milliseconds; -Infinity if there are none. */
  readonly latest: number
  /** Of these days: where in the window their events belong is not known. Sorted by key. */
  readonly damaged: readonly DamagedObject[]
}

/** What a day of receipt has, verified and on disk. */
export interface LakeDay {
  readonly raw: readonly ReadyObject[]
  readonly parts: readonly PartFile[]
  readonly manifest: Manifest
  /** Of the manifest; undefined if there is none. */
  readonly etag: string | undefined
  readonly damaged: readonly DamagedObject[]
}

export interface LakeCache {
  /** All objects that hold records of the window. Missing ones are fetched first. */
  files(environmentId: string, window: Window): Promise<Result<LakeFiles, Failure>>
  /** From now on, every cached file of the environment is read and verified before it is used again. */
  distrust(environmentId: string): void
}

/** The UTC days of receipt whose objects can hold records of the window. */
export const daysOfReceipt = ({ from, to }: Window, now: number): string[] =>
  daysBetween(from, Math.min(to + eventAgeMaxMs, now))

/** `onDamaged` is called once for each damaged object. */
export function lakeCache(
  store: ObjectStore,
  folder: string,
  now: number,
  onDamaged: (environmentId: string, object: DamagedObject) => void = () => undefined,
  parts: DaySource['parts'] = 'fetched',
): LakeCache {
  const distrusted = new Set<string>()
  const named = new Set<string>()
  const listing = lakeListing(store)
  const days = new Map<string, Promise<Result<LakeDay, Failure>>>()

  /** Each day is fetched and verified once, for all jobs of the run. */
  async function namedDay(environmentId: string, listed: ListedDay): Promise<Result<LakeDay, Failure>> {
    const isTrusted = !distrusted.has(environmentId)
    const read = await readDay(environmentId, listed, { store, root: folder, isTrusted, listing, parts })
    if (read.ok)
      for (const object of read.value.damaged.filter(({ key }) => !named.has(key))) {
        named.add(object.key)
        onDamaged(environmentId, object)
      }
    return read
  }

  return {
    async files(environmentId, window) {
      const wanted = daysOfReceipt(window, now)
      const listed = await listing.days(environmentId, wanted[0] ?? '')
      if (!listed.ok) return listed
      const all = await mapConcurrently(
        wanted.flatMap((day) => listed.value.get(day) ?? []),
        daysMax,
        (day) => once(days, `${environmentId}/${day.day}`, () => namedDay(environmentId, day)),
      )
      if (!all.ok) return all
      const isInside = ({ from, to }: { readonly from: number; readonly to: number }) =>
        from < window.to && to >= window.from
      const raw = all.value.flatMap((day) => day.raw).filter(isInside)
      const parts = all.value.flatMap((day) => day.parts).filter(({ part }) => isInside(part))
      return ok({
        raw: raw.map(({ file }) => file),
        parts,
        latest: [...raw, ...parts.map(({ part }) => part)].reduce(
          (latest, { to }) => Math.max(latest, to),
          -Infinity,
        ),
        damaged: all.value.flatMap((day) => day.damaged),
      })
    },
    distrust(environmentId) {
      distrusted.add(environmentId)
      for (const name of days.keys()) if (name.startsWith(`${environmentId}/`)) days.delete(name)
    },
  }
}

/** Failures are kept too: a second job is told at once. */
function once<T>(results: Map<string, Promise<T>>, name: string, work: () => Promise<T>): Promise<T> {
  const known = results.get(name) ?? work()
  results.set(name, known)
  return known
}

export interface DaySource {
  readonly store: ObjectStore
  /** The cache's folder. */
  readonly root: string
  /** Whether what the index says of a file is enough. */
  readonly isTrusted: boolean
  readonly listing: LakeListing
  /**
   * `left`: only the listing is asked for them, because a server reads them in the lake. Raw objects are
   * always fetched, to verify them and to know when their events happened; compaction keeps them few.
   */
  readonly parts?: 'fetched' | 'left'
  /** Of these parts alone the day tells: the others are not fetched. Absent: of all. */
  readonly isWanted?: (part: Part) => boolean
}

/** Fetches what the day's manifest and listing name. */
export async function readDay(
  environmentId: string,
  listed: ListedDay,
  source: DaySource,
): Promise<Result<LakeDay, Failure>> {
  for (let isSecond = false; ; isSecond = true) {
    const day = isSecond ? await source.listing.again(environmentId, listed.day) : ok(listed)
    if (!day.ok) return day
    const read = await readListedDay(environmentId, day.value, source)
    if (!read.ok) return read
    const { gone, ...found } = read.value
    // Another runner compacted the day or removed records since it was listed.
    if (gone.length > 0 && !isSecond) continue
    const reason = 'it is listed, and the store has no such object'
    const missing = gone.map((key) => ({
      key,
      reason,
      records: countOf(found.manifest.parts, key),
      isCounted: false,
    }))
    return ok({ ...found, damaged: [...found.damaged, ...missing].toSorted(byKey) })
  }
}

async function readListedDay(
  environmentId: string,
  listed: ListedDay,
  source: DaySource,
): Promise<Result<LakeDay & { readonly gone: readonly string[] }, Failure>> {
  const { day, raw, manifestEtag } = listed
  const key = manifestKey(environmentId, day)
  const read =
    manifestEtag === undefined
      ? ok({ manifest: noManifest, etag: undefined })
      : await readManifest(key, manifestEtag, source)
  if (!read.ok) return read
  const { manifest, etag } = 'reason' in read.value ? { manifest: noManifest, etag: undefined } : read.value
  const prefix = dayPrefix(environmentId, day)
  const replaced = replacedNames(manifest)
  const rawKeys = raw.filter((each) => isRawKey(each) && !replaced.has(each.slice(prefix.length)))
  const partsFolder = partsDayPrefix(environmentId, day)
  const { isWanted = () => true } = source
  const keysOf = (parts: readonly Part[]) => parts.map(({ name }) => partsFolder + name)
  const partKeys = keysOf(manifest.parts.filter(isWanted))
  const leftKeys = keysOf(manifest.parts.filter((part) => !isWanted(part)))
  const [objects, parts] = await Promise.all([
    readyObjects(path.join(source.root, prefix), rawKeys, source),
    source.parts === 'left'
      ? ok(listedParts(partKeys, listed, source.root))
      : readyObjects(path.join(source.root, partsFolder), partKeys, source, leftKeys),
  ])
  if (!objects.ok) return objects
  if (!parts.ok) return parts
  const files = new Map(parts.value.ready.map(({ key: each, file }) => [each, file]))
  const damagedManifest =
    'reason' in read.value ? [{ key, reason: read.value.reason, records: undefined, isCounted: false }] : []
  return ok({
    raw: objects.value.ready,
    parts: manifest.parts.flatMap((part) => {
      const file = files.get(partsFolder + part.name)
      return file === undefined ? [] : [{ file, part }]
    }),
    manifest,
    etag,
    damaged: [
      ...damagedManifest,
      ...objects.value.damaged,
      ...parts.value.damaged.map((object) => ({ ...object, records: countOf(manifest.parts, object.key) })),
    ].toSorted(byKey),
    gone: [...objects.value.gone, ...parts.value.gone],
  })
}

/** What the listing says of parts that stay in the lake. */
function listedParts(keys: readonly string[], { parts }: ListedDay, root: string): ReadyObjects {
  const there = new Set(parts)
  return {
    ready: keys
      .filter((key) => there.has(key))
      .map((key) => ({ key, file: path.join(root, key), from: 0, to: 0 })),
    damaged: [],
    gone: keys.filter((key) => !there.has(key)),
  }
}

const byKey = (a: DamagedObject, b: DamagedObject) => (a.key < b.key ? -1 : 1)

/** How many records a part holds, by its manifest; undefined if it is no part. */
function countOf(parts: readonly Part[], key: string): number | undefined {
  const own = parts.filter(({ name }) => key.endsWith(`/${name}`))
  return own.length === 0 ? undefined : recordsOf(own)
}
