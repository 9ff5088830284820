// When a recurring change happens: at a wall-clock time of every so many days, weeks or months in a time
// zone, or after every so many minutes.
//
// The clock's own jumps follow RFC 5545, section 3.3.5, as Temporal does: a time that is skipped happens as
// much later as the clock jumps (02:30 becomes 03:30), one that comes twice happens the first time.
import * as z from 'zod'
import { instantAt, wallAt } from './clock-offset.ts'
import * as limits from './limits.ts'

/** The end of the year 9999, the last that ISO 8601 writes with four digits. */
const lastMs = Date.UTC(10_000, 0, 1) - 1
/** More often than this, changes would follow each other faster than people can look at them. */
export const recurrenceMinutesMin = 5
const minutesPerYear = 366 * 24 * 60
const daysPerYear = 366
const weeksPerYear = 53
const monthsPerYear = 12

/** From Monday on, as ISO 8601 counts them. */
export const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

/** A name of IANA's time zone database that this runtime knows. */
const TimeZone = z
  .string()
  .max(limits.timeZoneLengthMax)
  .refine((name) => /^[A-Za-z]/.test(name) && isKnownZone(name), {
    params: { rule: 'time-zone' },
    error: 'is no time zone of the IANA database, such as Europe/Paris or UTC',
  })

function isKnownZone(name: string): boolean {
  try {
    return Boolean(Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** In epoch milliseconds. No time is before `from`, and intervals count from it. */
const bounds = {
  from: z.int().min(0).max(lastMs).optional(),
  /** The last time is at or before it. */
  until: z.int().min(0).max(lastMs).optional(),
}
const atTime = {
  /** `09:30` or `09:30:15`, by the clocks of the time zone. */
  time: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, 'is a time of day such as 09:30'),
  timeZone: TimeZone,
  ...bounds,
}
const interval = (max: number) => z.int().min(1).max(max).default(1)

export const Recurrence = z.discriminatedUnion('every', [
  z.strictObject({ every: z.literal('day'), interval: interval(daysPerYear), ...atTime }),
  z.strictObject({
    every: z.literal('week'),
    interval: interval(weeksPerYear),
    days: z.array(z.enum(weekdays)).min(1).max(limits.weekdaysMax),
    ...atTime,
  }),
  z.strictObject({
    every: z.literal('month'),
    interval: interval(monthsPerYear),
    /** In a shorter month, its last day. */
    day: z.int().min(1).max(31),
    ...atTime,
  }),
  z.strictObject({
    every: z.literal('minute'),
    interval: z.int().min(recurrenceMinutesMin).max(minutesPerYear),
    ...bounds,
  }),
])
export type Recurrence = z.infer<typeof Recurrence>
type Calendar = Exclude<Recurrence, { every: 'minute' }>

/** The first time after `after`, in epoch milliseconds; undefined if there is none. */
export function nextOccurrence(recurrence: Recurrence, after: number): number | undefined {
  const { from = 0, until = lastMs } = recurrence
  const floor = Math.max(after, from - 1)
  if (floor >= until) return undefined
  const next =
    recurrence.every === 'minute'
      ? nextInterval(recurrence.interval * 60_000, from, floor)
      : nextOnCalendar(recurrence, from, floor)
  return next <= until ? next : undefined
}

export const isOccurrence = (recurrence: Recurrence, at: number): boolean =>
  nextOccurrence(recurrence, at - 1) === at

const nextInterval = (stepMs: number, from: number, floor: number) =>
  from + Math.ceil((floor + 1 - from) / stepMs) * stepMs

function nextOnCalendar(recurrence: Calendar, from: number, floor: number): number {
  const first = dayAt(from, recurrence.timeZone)
  // The time of the day before may have been moved past midnight.
  const start = Math.max(first, dayAt(floor, recurrence.timeZone) - 1)
  for (const day of daysOf(recurrence, first, start)) {
    const at = instantOf(day, recurrence)
    if (at > floor) return at
  }
  throw new RangeError('a recurrence has no end') // not reached: daysOf does not end
}

/** Days since 1970-01-01 by the calendar of the zone. */
const dayAt = (ms: number, timeZone: string): number => Math.floor(wallAt(ms, timeZone) / dayMs)
const dayMs = 86_400_000

function instantOf(day: number, { time, timeZone }: Calendar): number {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
  return instantAt(day * dayMs + ((hour * 60 + minute) * 60 + second) * 1000, timeZone)
}

/** The days from `start` on, in order, without end. Intervals count from `first`, its week or its month. */
function* daysOf(recurrence: Calendar, first: number, start: number): Generator<number> {
  const { every, interval: step } = recurrence
  if (every === 'day') {
    for (let day = first + Math.ceil((start - first) / step) * step; ; day += step) yield day
  }
  if (every === 'week') {
    const wanted = recurrence.days.map((name) => weekdays.indexOf(name)).toSorted((a, b) => a - b)
    const firstMonday = mondayOf(first)
    const weeks = Math.floor((mondayOf(start) - firstMonday) / 7 / step) * step
    for (let monday = firstMonday + weeks * 7; ; monday += step * 7)
      for (const weekday of wanted) if (monday + weekday >= start) yield monday + weekday
  }
  if (every === 'month') {
    const firstMonth = monthOf(first)
    const months = Math.floor((monthOf(start) - firstMonth) / step) * step
    for (let month = firstMonth + months; ; month += step) {
      const day = dayOfMonth(month, recurrence.day)
      if (day >= start) yield day
    }
  }
}

/** 1970-01-01 was a Thursday. */
const mondayOf = (day: number) => day - ((((day + 3) % 7) + 7) % 7)

/** Months since January 1970. */
const monthOf = (day: number) => {
  const date = new Date(day * dayMs)
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
}

function dayOfMonth(month: number, day: number): number {
  const firstDay = Date.UTC(1970, month, 1) / dayMs
  const length = Date.UTC(1970, month + 1, 1) / dayMs - firstDay
  return firstDay + Math.min(day, length) - 1
}
