// Verified copies of the lake's objects on disk, under the same keys. An object is named after the digest of
// its content and never changes, so only missing ones are fetched. A file is verified by its name before it
// is used; one that is damaged is fetched again, and an object that stays damaged is set aside and named.
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { type Content, type Inspection, inspect, type TimeRange, toContent } from './content.ts'
import { type DayEntries, fileState, readDayIndex, writeDayIndex } from './day-index.ts'
import { writeWhole } from './sealed-file.ts'
import type { ObjectStore } from './s3.ts'

const transfersMax = 16

/** An object that is not what ingest or a compaction wrote. */
export interface DamagedObject {
  readonly key: string
  readonly reason: string
  /** How many records are not counted because of it; undefined if the store does not say. */
  readonly records: number | undefined
  /** Whether it is counted all the same: it is whole and readable, only its name differs. */
  readonly isCounted: boolean
}

export interface ReadyObject extends TimeRange {
  readonly key: string
  readonly file: string
}

export interface ReadyObjects {
  /** Sorted by key. */
  readonly ready: readonly ReadyObject[]
  readonly damaged: readonly DamagedObject[]
  /** The store listed them and does not have them. */
  readonly gone: readonly string[]
}

/** Keys become paths and parts of a glob, so only keys of the shape that is written are accepted. */
export const isRawKey = (key: string) =>
  /^events\/v1\/environment=[\w.-]+\/day=\d{4}-\d\d-\d\d\/hour=\d\d\/[\w-]+\.ndjson\.gz$/.test(key)

export interface Source {
  readonly store: ObjectStore
  /** The cache's folder. */
  readonly root: string
  /** Whether what the index says of a file is enough. */
  readonly isTrusted: boolean
}

/** The objects of one folder, which has one index. What it says of those that are `left` stays. */
export async function readyObjects(
  folder: string,
  keys: readonly string[],
  source: Source,
  left: readonly string[] = [],
): Promise<Result<ReadyObjects, Failure>> {
  const before = await readDayIndex(folder)
  const entries: DayEntries = new Map()
  const damaged: DamagedObject[] = []
  const gone: string[] = []
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
      if (found.state === 'gone') gone.push(key)
      else if (found.state !== 'damaged') {
        const { from, to } = found
        const stored = (await fileState(file)) ?? { size: 0, changedAt: 0 }
        entries.set(key, { ...stored, state: found.state, from, to })
      } else damaged.push({ key, reason: found.reason, records: found.records, isCounted: false })
      return ok(undefined)
    })
    if (!done.ok) return done
    const indexed = new Map([...entries, ...[...before].filter(([key]) => left.includes(key))])
    if (!isSame(before, indexed)) await writeDayIndex(folder, indexed)
  } catch (error) {
    return fail('lake-unreachable', `The event lake could not be copied to ${folder}: ${reasonOf(error)}.`)
  }
  const renamed = [...entries].filter(([, { state }]) => state === 'name-differs')
  const reason = 'its content is not what its name says'
  return ok({
    ready: [...entries]
      .map(([key, { from, to }]) => ({ key, file: path.join(source.root, key), from, to }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    damaged: [
      ...damaged,
      ...renamed.map(([key]) => ({ key, reason, records: undefined, isCounted: true })),
    ].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    gone,
  })
}

const isSame = (before: DayEntries, after: DayEntries) =>
  before.size === after.size && [...after].every(([key, entry]) => before.get(key) === entry)

/** Undefined if the file is not what its name says: the object is then fetched anew. */
async function inspectFile(key: string, file: string): Promise<Fetched | undefined> {
  try {
    const found = inspect(key, (await contentOf(key, await readFile(file))).text)
    return found.state === 'sound' ? found : undefined
  } catch {
    return undefined
  }
}

type Fetched = (Inspection & { readonly records?: number | undefined }) | { readonly state: 'gone' }

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
    if (value.kind === 'gone') return { state: 'gone' }
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
    const content = await contentOf(key, bytes)
    return { content, inspection: inspect(key, content.text) }
  } catch (error) {
    const reason = `its compression is damaged (${reasonOf(error)})`
    return { content: undefined, inspection: { state: 'damaged', reason } }
  }
}

/** Parts are Parquet, which is compressed inside. */
const contentOf = async (key: string, bytes: Uint8Array): Promise<Content> =>
  key.endsWith('.parquet') ? { text: bytes, packed: bytes } : toContent(bytes)
