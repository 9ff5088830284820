// One listing a run and environment, for all jobs: two prefixes, from the earliest day that a job needs.
// After compaction a day has a few objects, so a run's requests do not grow with the age of the lake.
import {
  dayOfKey,
  dayPrefix,
  environmentPrefix,
  manifestKey,
  partsDayPrefix,
  partsPrefix,
} from '../../analytics/lake.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { ListedObject, ObjectStore } from './s3.ts'

/** The keys of one day of receipt. */
export interface ListedDay {
  readonly day: string
  readonly raw: readonly string[]
  /** Manifested or not. */
  readonly parts: readonly string[]
  readonly manifestEtag: string | undefined
}

type Days = Map<string, ListedDay>

export interface LakeListing {
  /** All days with objects, from this one (`2026-11-21`; empty for all); maybe earlier ones, too. */
  days(environmentId: string, from: string): Promise<Result<Days, Failure>>
  /** The day as it is now. */
  again(environmentId: string, day: string): Promise<Result<ListedDay, Failure>>
}

export function lakeListing(store: ObjectStore): LakeListing {
  const known = new Map<string, { readonly from: string; readonly days: Promise<Result<Days, Failure>> }>()

  /** Parts and manifests first: raw objects stay for a day after a manifest names them. */
  async function list(environmentId: string, from: string, until: string | undefined) {
    const objects: ListedObject[] = []
    for (const prefix of [partsPrefix(environmentId), environmentPrefix(environmentId)]) {
      const range = {
        ...(from === '' ? {} : { after: `${prefix}day=${from}` }),
        ...(until === undefined ? {} : { until: `${prefix}day=${until}` }),
      }
      const listed = await store.list(prefix, range)
      if (!listed.ok) return listed
      objects.push(...listed.value)
    }
    return ok(toDays(environmentId, objects))
  }

  return {
    async days(environmentId, from) {
      const before = known.get(environmentId)
      if (before && before.from <= from) return before.days
      const days = (async () => {
        const later = before && (await before.days)
        if (later && !later.ok) return later
        const listed = await list(environmentId, from, before?.from)
        return listed.ok ? ok(new Map([...listed.value, ...(later?.value ?? [])])) : listed
      })()
      known.set(environmentId, { from, days })
      return days
    },
    async again(environmentId, day) {
      const objects: ListedObject[] = []
      for (const prefix of [partsDayPrefix(environmentId, day), dayPrefix(environmentId, day)]) {
        const listed = await store.list(prefix)
        if (!listed.ok) return listed
        objects.push(...listed.value)
      }
      const found = toDays(environmentId, objects).get(day)
      return ok(found ?? { day, raw: [], parts: [], manifestEtag: undefined })
    },
  }
}

function toDays(environmentId: string, objects: readonly ListedObject[]): Days {
  const byDay = Map.groupBy(objects, ({ key }) => dayOfKey(key))
  return new Map(
    [...byDay].flatMap(([day, own]): [string, ListedDay][] => {
      if (day === undefined) return []
      const manifest = own.find(({ key }) => key === manifestKey(environmentId, day))
      const keys = own.map(({ key }) => key)
      const raw = keys.filter((key) => key.startsWith(dayPrefix(environmentId, day)))
      const parts = keys.filter(
        (key) => key.startsWith(partsDayPrefix(environmentId, day)) && key !== manifest?.key,
      )
      return [[day, { day, raw, parts, manifestEtag: manifest?.etag }]]
    }),
  )
}
