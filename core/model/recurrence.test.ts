// Recurring times: cases, and every jump of every time zone's clocks in 2026 and 2027.
import { describe, expect, it } from 'vitest'
import { instantAt, jumps, offsetAt } from '../../test/support/wall-clock.ts'
import { Recurrence, isOccurrence, nextOccurrence } from './recurrence.ts'

const utc = (text: string) => Date.parse(`${text}Z`)
const dayMs = 86_400_000

/** The next times after `after`, as ISO 8601. */
function times(recurrence: object, after: string, count: number): string[] {
  const parsed = Recurrence.parse(recurrence)
  const found: string[] = []
  for (let at: number | undefined = utc(after); found.length < count;) {
    at = nextOccurrence(parsed, at)
    if (at === undefined) break
    found.push(new Date(at).toISOString().replace(/(:00)?\.000Z$/, ''))
  }
  return found
}

const newYork = { time: '02:30', timeZone: 'America/New_York' }
const from = utc('2026-01-05T00:00')

describe('recurring times', () => {
  it.each<[what: string, recurrence: object, after: string, expected: string[]]>([
    [
      'a skipped time is as much later as the clock jumps',
      { every: 'day', ...newYork },
      '2026-03-07T00:00',
      ['2026-03-07T07:30', '2026-03-08T07:30', '2026-03-09T06:30'],
    ],
    [
      'a time that comes twice happens the first time',
      { every: 'day', ...newYork, time: '01:30' },
      '2026-10-31T00:00',
      ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30'],
    ],
    [
      'every second day counts from the first, over a jump',
      { every: 'day', interval: 2, from: utc('2026-03-27T08:00'), time: '09:00', timeZone: 'Europe/Paris' },
      '2026-03-27T08:00',
      ['2026-03-29T07:00', '2026-03-31T07:00'],
    ],
    [
      'weekdays',
      { every: 'week', days: ['friday', 'monday'], time: '08:00', timeZone: 'Asia/Tokyo' },
      '2026-01-05T00:00',
      ['2026-01-08T23:00', '2026-01-11T23:00', '2026-01-15T23:00'],
    ],
    [
      'every second week counts from the week of the first',
      { every: 'week', interval: 2, days: ['sunday', 'monday'], from, time: '00:00', timeZone: 'UTC' },
      '2026-01-01T00:00',
      ['2026-01-05T00:00', '2026-01-11T00:00', '2026-01-19T00:00', '2026-01-25T00:00'],
    ],
    [
      'the 31st is the last day of a shorter month',
      { every: 'month', day: 31, time: '12:00:30', timeZone: 'UTC' },
      '2028-01-31T13:00',
      ['2028-02-29T12:00:30', '2028-03-31T12:00:30', '2028-04-30T12:00:30'],
    ],
    [
      'every third month, over a new year',
      { every: 'month', interval: 3, day: 1, from: utc('2026-11-01T00:00'), time: '00:00', timeZone: 'UTC' },
      '2026-11-01T00:00',
      ['2027-02-01T00:00', '2027-05-01T00:00'],
    ],
    [
      'an interval knows no clock',
      { every: 'minute', interval: 90, from: utc('2026-03-29T00:00') },
      '2026-03-29T00:00',
      ['2026-03-29T01:30', '2026-03-29T03:00'],
    ],
    [
      'none is before the first or after the last',
      { every: 'day', from, until: utc('2026-01-06T09:00'), time: '09:00', timeZone: 'UTC' },
      '2025-01-01T00:00',
      ['2026-01-05T09:00', '2026-01-06T09:00'],
    ],
    [
      'none is after the year 9999',
      { every: 'day', time: '09:00', timeZone: 'UTC' },
      '9999-12-30T10:00',
      ['9999-12-31T09:00'],
    ],
  ])('%s', (_, recurrence, after, expected) => {
    expect(times(recurrence, after, expected.length + (expected.length < 2 ? 1 : 0))).toEqual(expected)
    for (const at of expected) {
      expect(isOccurrence(Recurrence.parse(recurrence), utc(at))).toBe(true)
      expect(isOccurrence(Recurrence.parse(recurrence), utc(at) + 1)).toBe(false)
    }
  })

  it.each(['', 'Mars/Olympus', '+01:00', 'Europe', 'local', 'Europe/Paris '])(
    'refuse %j as a time zone',
    (timeZone) => {
      const parsed = Recurrence.safeParse({ every: 'day', time: '09:00', timeZone })
      expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(['timeZone'])
    },
  )

  it.each(['24:00', '9:00', '09:60', '09:00:60', '', 'noon'])('refuse %j as a time of day', (time) => {
    const parsed = Recurrence.safeParse({ every: 'day', time, timeZone: 'UTC' })
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(['time'])
  })
})

describe('at every jump of the clocks in 2026 and 2027', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  const jumping = zones
    .map((zone) => [zone, jumps(zone, utc('2026-01-01T00:00'), utc('2028-01-01T00:00'))] as const)
    .filter(([, found]) => found.length > 0)

  it('there are such zones, and jumps of whole hours and of less', () => {
    expect(zones.length).toBeGreaterThan(400)
    expect(jumping.length).toBeGreaterThan(100)
    const sizes = new Set(
      jumping.flatMap(([zone, found]) => found.map((at) => offsetAt(zone, at) - offsetAt(zone, at - 1000))),
    )
    for (const minutes of [60, -60, 30, -30]) expect(sizes).toContain(minutes * 60_000)
  })

  it.each(jumping)('%s', (timeZone, found) => {
    for (const jump of found) {
      const [before, after] = [offsetAt(timeZone, jump - 1000), offsetAt(timeZone, jump)]
      const [early, late] = [before, after].map((offset) => jump + offset).toSorted((a, b) => a - b)
      // Around the walls of the skipped or repeated hour, and inside it.
      for (const wall of [early! - 1000, early!, (early! + late!) / 2, late! - 1000, late!, late! + 1000]) {
        const time = new Date(wall).toISOString().slice(11, 19)
        const recurrence = Recurrence.parse({ every: 'day', time, timeZone })
        const expected = [-1, 0, 1].map((days) => instantAt(timeZone, wall + days * dayMs))
        const first = nextOccurrence(recurrence, expected[0]! - 1)!
        const second = nextOccurrence(recurrence, first)!
        expect([first, second, nextOccurrence(recurrence, second)], `${time}`).toEqual(expected)
      }
    }
  })
})
