// The lake's objects on this machine's disk, under the same keys. An object's name is the digest of its
// content and nothing ever changes it, so what is here is right and only what is missing is fetched. The
// listing decides what is read: a file of an object that the lake no longer has lies idle.
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { dayPrefix, daysBetween } from '../../analytics/lake.ts'
import { done, fail, type Outcome, reasonOf } from '../failure.ts'
import { inLanes } from './lanes.ts'
import type { ObjectStore } from './s3.ts'

/**
 * The lake is filed by receipt, questions are of `at`: a phone may send what happened this long ago. Later
 * comers do not count.
 */
export const receivedLateMaxMs = 2 * 24 * 60 * 60 * 1000
/** A client's clock may be ahead of ours, so that an event is received before it "happens". */
export const clockAheadMaxMs = 60 * 60 * 1000
const transfersMax = 16
/** Each day is a request to list it. */
const daysMax = 400

/** Half-open, in epoch milliseconds of `at`. */
export interface Window {
  readonly from: number
  readonly to: number
}

export interface LakeCache {
  /** Paths of all objects that can hold records of the window, each fetched if it was not here. */
  files(environmentId: string, window: Window): Promise<Outcome<string[]>>
}

/** Days of receipt, in UTC, whose objects can hold records of the window. */
export const daysOfReceipt = ({ from, to }: Window, now: number): string[] =>
  daysBetween(from - clockAheadMaxMs, Math.min(to + receivedLateMaxMs, now))

export function lakeCache(store: ObjectStore, folder: string, now: number): LakeCache {
  return {
    async files(environmentId, window) {
      const days = daysOfReceipt(window, now)
      if (days.length > daysMax)
        return fail('job', `It asks for ${days.length} days of events; at most ${daysMax} are read.`)
      const lists = await inLanes(days, transfersMax, (day) => store.list(dayPrefix(environmentId, day)))
      if (!lists.ok) return lists
      return inLanes(lists.value.flat().filter(isRecordKey).toSorted(), transfersMax, (key) =>
        fetchMissing(store, folder, key),
      )
    },
  }
}

/**
 * A key becomes a path and a part of a glob, so that only the shape we write is let in; other objects are not
 * ours.
 */
const isRecordKey = (key: string) =>
  /^events\/v1\/environment=[\w.-]+\/day=\d{4}-\d\d-\d\d\/hour=\d\d\/[\w-]+\.ndjson\.gz$/.test(key)

async function fetchMissing(store: ObjectStore, folder: string, key: string): Promise<Outcome<string>> {
  const file = path.join(folder, key)
  if (await exists(file)) return done(file)
  const body = await store.read(key)
  if (!body.ok) return body
  // Under another name until it is whole: neither a crash nor a second runner leaves half an object to be
  // counted.
  const part = `${file}.${randomUUID()}.part`
  try {
    await mkdir(path.dirname(file), { recursive: true })
    await pipeline(body.value, createWriteStream(part))
    await rename(part, file)
    return done(file)
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
