// Wall-clock times are Temporal's, also where they are computed from what is remembered of a zone.
import { Temporal } from 'temporal-polyfill'
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { instantAt, wallAt } from './clock-offset.ts'

const zones = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Cairo',
]
const ms = fc.integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 })
const temporal = (wall: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(wall)
    .toZonedDateTimeISO('UTC')
    .toPlainDateTime()
    .toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds

it('an instant is the one that Temporal names, and back', () => {
  fc.assert(
    fc.property(ms, fc.constantFrom(...zones), (seconds, zone) => {
      const wall = seconds * 1000
      const at = instantAt(wall, zone)
      expect(at).toBe(temporal(wall, zone))
      expect(instantAt(wallAt(at, zone), zone)).toBe(at)
    }),
  )
})
