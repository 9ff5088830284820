// A disk cache of the lake's objects, under the same keys. An object is named after the digest of its content
// and never changes, so only missing ones are fetched. The lake's listing decides what is read: a cached file
// that is no longer listed is ignored.
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { clockAheadMaxMs, dayPrefix, daysBetween, receivedLateMaxMs } from '../../analytics/lake.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import type { ObjectStore } from './s3.ts'

const transfersMax = 16
/** Listing a day takes at least one request. */
const daysMax = 400

/** Half-open, in epoch milliseconds of `at`. */
export interface Window {
  readonly from: number
  readonly to: number
}

export interface LakeCache {
  /** Paths of all objects that can hold records of the window. Missing ones are fetched first. */
  files(environmentId: string, window: Window): Promise<Result<string[], Failure>>
}

/** The UTC days of receipt whose objects can hold records of the window. */
export const daysOfReceipt = ({ from, to }: Window, now: number): string[] =>
  daysBetween(from - clockAheadMaxMs, Math.min(to + receivedLateMaxMs, now))

export function lakeCache(store: ObjectStore, folder: string, now: number): LakeCache {
  return {
    async files(environmentId, window) {
      const days = daysOfReceipt(window, now)
      if (days.length > daysMax)
        return fail('job', `Its window covers ${days.length} days of events; at most ${daysMax} are read.`)
      const list = (day: string) => store.list(dayPrefix(environmentId, day))
      const lists = await mapConcurrently(days, transfersMax, list)
      if (!lists.ok) return lists
      return mapConcurrently(lists.value.flat().filter(isRecordKey).toSorted(), transfersMax, (key) =>
        fetchMissing(store, folder, key),
      )
    },
  }
}

/** Keys become paths and parts of a glob, so only keys of the shape that ingest writes are accepted. */
const isRecordKey = (key: string) =>
  /^events\/v1\/environment=[\w.-]+\/day=\d{4}-\d\d-\d\d\/hour=\d\d\/[\w-]+\.ndjson\.gz$/.test(key)

async function fetchMissing(
  store: ObjectStore,
  folder: string,
  key: string,
): Promise<Result<string, Failure>> {
  const file = path.join(folder, key)
  if (await exists(file)) return ok(file)
  const body = await store.read(key)
  if (!body.ok) return body
  // Renamed when complete, so neither a crash nor a second runner leaves half an object to be counted.
  const part = `${file}.${randomUUID()}.part`
  try {
    await mkdir(path.dirname(file), { recursive: true })
    await pipeline(body.value, createWriteStream(part))
    await rename(part, file)
    return ok(file)
  } catch (error) {
    await rm(part, { force: true })
    return fail(
      'lake-unreachable',
      `The event lake's ${key} could not be copied to ${folder}: ${reasonOf(error)}.`,
    )
  }
}

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )
