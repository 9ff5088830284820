// A disk cache of the lake's objects, under the same keys. An object is named after the digest of its content
// and never changes, so only missing ones are fetched. The lake's listing decides what is read: a cached file
// that is no longer listed is ignored. A file is verified by its name before it is used; one that is damaged
// is fetched again, and an object that stays damaged is set aside and named, while the others are counted.
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { dayPrefix, daysBetween, environmentPrefix } from '../../analytics/lake.ts'
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { type Content, type Inspection, inspect, type TimeRange, toContent } from './content.ts'
import { type DayEntries, fileState, readDayIndex, writeDayIndex, writeWhole } from './day-index.ts'
import type { ObjectStore } from './s3.ts'

const transfersMax = 16
const daysMax = 4
/** Of more days, it is asked first which exist. */
const daysListedMax = 31

/** Half-open, in epoch milliseconds of the time at which events count. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** An object that is not what ingest wrote. */
export interface DamagedObject {
  readonly key: string
  readonly reason: string
  /** How many records are not counted because of it; undefined if the store does not say. */
  readonly records: number | undefined
  /** Whether it is counted all the same: it is whole and readable, only its name differs. */
  readonly isCounted: boolean
}

export interface LakeFiles {
  /** Paths, sorted. */
  readonly files: readonly string[]
  /** No event of the files counts later, in epoch milliseconds; -Infinity if there are none. */
  readonly latest: number
  /** Of these days: where in the window their events belong is not known. Sorted by key. */
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

interface ReadyObject extends TimeRange {
  readonly file: string
}
interface Day {
  readonly ready: readonly ReadyObject[]
  readonly damaged: readonly DamagedObject[]
}
type DayResult = Promise<Result<Day, Failure>>

/** `onDamaged` is called once for each damaged object. */
export function lakeCache(
  store: ObjectStore,
  folder: string,
  now: number,
  onDamaged: (environmentId: string, object: DamagedObject) => void = () => undefined,
): LakeCache {
  const distrusted = new Set<string>()
  const named = new Set<string>()
  const folders = new Map<string, Promise<Result<string[], Failure>>>()
  const days = new Map<string, DayResult>()

  /** Each folder and each day is listed and verified once, for all jobs of the run. */
  async function readyDay(environmentId: string, day: string): DayResult {
    const prefix = dayPrefix(environmentId, day)
    const keys = await store.list(prefix)
    if (!keys.ok) return keys
    const read = await readDay(path.join(folder, prefix), keys.value.filter(isRecordKey).toSorted(), {
      store,
      root: folder,
      isTrusted: !distrusted.has(environmentId),
    })
    if (read.ok)
      for (const object of read.value.damaged.filter(({ key }) => !named.has(key))) {
        named.add(object.key)
        onDamaged(environmentId, object)
      }
    return read
  }

  /** Of many days, only those with objects: each listing takes at least one request. */
  async function existingDays(environmentId: string, wanted: readonly string[]) {
    if (wanted.length <= daysListedMax) return ok(wanted)
    const existing = await once(folders, environmentId, () => store.folders(environmentPrefix(environmentId)))
    if (!existing.ok) return existing
    const inLake = new Set(existing.value)
    return ok(wanted.filter((day) => inLake.has(dayPrefix(environmentId, day))))
  }

  return {
    async files(environmentId, window) {
      const wanted = await existingDays(environmentId, daysOfReceipt(window, now))
      if (!wanted.ok) return wanted
      const all = await mapConcurrently(wanted.value, daysMax, (day) =>
        once(days, `${environmentId}/${day}`, () => readyDay(environmentId, day)),
      )
      if (!all.ok) return all
      const inWindow = all.value
        .flatMap(({ ready }) => ready)
        .filter(({ from, to }) => from < window.to && to >= window.from)
      return ok({
        files: inWindow.map(({ file }) => file),
        latest: inWindow.reduce((latest, { to }) => Math.max(latest, to), -Infinity),
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

/** Keys become paths and parts of a glob, so only keys of the shape that ingest writes are accepted. */
const isRecordKey = (key: string) =>
  /^events\/v1\/environment=[\w.-]+\/day=\d{4}-\d\d-\d\d\/hour=\d\d\/[\w-]+\.ndjson\.gz$/.test(key)

interface Source {
  readonly store: ObjectStore
  /** The cache's folder. */
  readonly root: string
  /** Whether what the index says of a file is enough. */
  readonly isTrusted: boolean
}

async function readDay(folder: string, keys: readonly string[], source: Source): DayResult {
  const before = await readDayIndex(folder)
  const entries: DayEntries = new Map()
  const damaged: DamagedObject[] = []
  try {
    const done = await mapConcurrently(keys, transfersMax, async (key) => {
      const known = before.get(key)
      const file = path.join(source.root, key)
      const state = await fileState(file)
      const isKnown = known?.size === state?.size && known?.changedAt === state?.changedAt
      if (known && isKnown && source.isTrusted) {
        entries.set(key, known)
        return ok(undefined)
      }
      const found = (state && (await inspectFile(key, file))) ?? (await fetchObject(key, source))
      if ('problem' in found) return found
      if (found.state !== 'damaged') {
        const { from, to } = found
        const stored = (await fileState(file)) ?? { size: 0, changedAt: 0 }
        entries.set(key, { ...stored, state: found.state, from, to })
      } else damaged.push({ key, reason: found.reason, records: found.records, isCounted: false })
      return ok(undefined)
    })
    if (!done.ok) return done
    if (!isSame(before, entries)) await writeDayIndex(folder, entries)
  } catch (error) {
    return fail('lake-unreachable', `The event lake could not be copied to ${folder}: ${reasonOf(error)}.`)
  }
  const renamed = [...entries].filter(([, { state }]) => state === 'name-differs')
  const reason = 'its content is not what its name says'
  return ok({
    ready: [...entries]
      .map(([key, { from, to }]) => ({ file: path.join(source.root, key), from, to }))
      .toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    damaged: [
      ...damaged,
      ...renamed.map(([key]) => ({ key, reason, records: undefined, isCounted: true })),
    ].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  })
}

const isSame = (before: DayEntries, after: DayEntries) =>
  before.size === after.size && [...after].every(([key, entry]) => before.get(key) === entry)

/** Undefined if the file is not what its name says: the object is then fetched anew. */
async function inspectFile(key: string, file: string): Promise<Fetched | undefined> {
  try {
    const found = inspect(key, (await toContent(await readFile(file))).text)
    return found.state === 'sound' ? found : undefined
  } catch {
    return undefined
  }
}

type Fetched = Inspection & { readonly records?: number | undefined }

/** Fetched once again if it is damaged, because the damage may have happened on the way. */
async function fetchObject(
  key: string,
  { store, root }: Source,
): Promise<Fetched | { readonly ok: false; readonly problem: Failure }> {
  const file = path.join(root, key)
  const quarantined = path.join(root, 'quarantine', key)
  for (let isSecond = false; ; isSecond = true) {
    const read = await store.read(key)
    if (!read.ok) return read
    const { value } = read
    const { content, inspection } =
      value.kind === 'read'
        ? await inspectBytes(key, value.bytes)
        : { content: undefined, inspection: { state: 'damaged', reason: value.reason } as const }
    if (inspection.state !== 'sound' && !isSecond) continue
    if (content && inspection.state !== 'damaged') {
      await writeWhole(file, content.packed)
      if (inspection.state === 'sound') await rm(quarantined, { force: true })
    } else {
      await rm(file, { force: true })
      if (value.kind === 'read') await writeWhole(quarantined, value.bytes)
    }
    return { ...inspection, records: value.records }
  }
}

async function inspectBytes(
  key: string,
  bytes: Uint8Array,
): Promise<{ content: Content | undefined; inspection: Inspection }> {
  try {
    const content = await toContent(bytes)
    return { content, inspection: inspect(key, content.text) }
  } catch (error) {
    const reason = `its compression is damaged (${reasonOf(error)})`
    return { content: undefined, inspection: { state: 'damaged', reason } }
  }
}
