// Points in time as applications write them: epoch seconds, epoch milliseconds, and ISO 8601.

import { parseDecimal } from './go-strconv.ts'

/**
 * From this amount on a number is milliseconds: as seconds it would be in the year 5138, as milliseconds
 * 1973.
 */
const millisecondsFrom = 1e11
/** ECMAScript: the largest time value of a Date. */
const epochMsMax = 8.64e15

const iso =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d+))?)?(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d)))?$/

/**
 * Epoch milliseconds, with a fraction for what is finer. A date is its midnight in UTC. Undefined for any
 * other text, for a date that the calendar does not have, and for a date-time without an offset.
 */
export function parseTime(text: string): number | undefined {
  const [, date, hour, minute, second, fraction, sign, hours, minutes] = iso.exec(text) ?? []
  if (date === undefined) return timeOfNumber(parseDecimal(text))
  const midnight = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined
  const offset = (number(hours) * 60 + number(minutes)) * (sign === '-' ? -1 : 1)
  const seconds = (number(hour) * 60 + number(minute) - offset) * 60 + number(second)
  return midnight + seconds * 1_000 + Number(`0.${fraction ?? ''}`) * 1_000
}

const number = (digits: string | undefined) => Number(digits ?? 0)

/** Epoch milliseconds of a number of seconds or milliseconds. */
export function timeOfNumber(amount: number | undefined): number | undefined {
  if (amount === undefined || !(Math.abs(amount) <= epochMsMax)) return undefined
  return Math.abs(amount) < millisecondsFrom ? amount * 1_000 : amount
}
