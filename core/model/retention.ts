// How long the events of an environment stay in the lake, and what of a day has to go. Pure.
import type { Settings } from './settings.ts'

/** The settings of single kinds, by the kind of record (analytics/records.ts). */
export const keepDaysOfKind = {
  exposure: 'keepExposureDays',
  tracking: 'keepTrackingDays',
  alias: 'keepAliasDays',
  'sdk-report': 'keepSdkReportDays',
} as const satisfies Readonly<Record<string, keyof Settings>>

export type KeepDays = Pick<Settings, 'keepEventsDays' | (typeof keepDaysOfKind)[keyof typeof keepDaysOfKind]>

/** Days of receipt that ended longer ago go. */
export interface Retention {
  /** Records of every kind; undefined: for ever. */
  readonly allDays: number | undefined
  /** By kind, where it goes earlier. */
  readonly kindDays: Readonly<Record<string, number>>
}

/** Undefined if everything is kept for ever. */
export function retentionOf(settings: KeepDays): Retention | undefined {
  const allDays = settings.keepEventsDays
  const kindDays = Object.fromEntries(
    Object.entries(keepDaysOfKind).flatMap(([kind, name]) => {
      const days = settings[name]
      return days !== undefined && days < (allDays ?? Infinity) ? [[kind, days]] : []
    }),
  )
  return allDays === undefined && Object.keys(kindDays).length === 0 ? undefined : { allDays, kindDays }
}

const dayMs = 86_400_000

/** What may go of a day of receipt. The kinds are sorted; none: it stays. */
export type Expired = 'all' | readonly string[]

/** Of a day of receipt (`2026-11-21`); `now` in epoch milliseconds. */
export function expiredOf({ allDays, kindDays }: Retention, day: string, now: number): Expired {
  const endedDays = (now - Date.parse(day) - dayMs) / dayMs
  if (allDays !== undefined && endedDays >= allDays) return 'all'
  return Object.keys(kindDays)
    .filter((kind) => endedDays >= kindDays[kind]!)
    .toSorted()
}

/** From when on the lake is still read, in epoch milliseconds; Infinity: it is not. */
export interface StillRead {
  readonly from: number
  /** Of links between keys. At the latest `from`: some are older than what is counted. */
  readonly linksFrom: number
}

/** What may go of it, although something is still read. */
export function unreadOf(expired: Expired, day: string, { from, linksFrom }: StillRead): Expired {
  const end = Date.parse(day) + dayMs
  if (end <= linksFrom) return expired
  if (end > from) return []
  const kinds = expired === 'all' ? Object.keys(keepDaysOfKind).toSorted() : expired
  return kinds.filter((kind) => kind !== 'alias')
}
