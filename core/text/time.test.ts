import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { parseTime, timeOfNumber } from './time.ts'

const noon = Date.UTC(2026, 10, 29, 12)

it.each([
  ['1795953600', noon],
  ['1795953600000', noon],
  ['1795953600.5', noon + 500],
  ['1.7959536e9', noon],
  ['2026-11-29T12:00:00Z', noon],
  ['2026-11-29t12:00:00z', noon],
  ['2026-11-29 12:00Z', noon],
  ['2026-11-29T21:00:00+09:00', noon],
  ['2026-11-29T04:30:00-0730', noon],
  ['2026-11-29T12:00:00.25Z', noon + 250],
  ['2026-11-29T12:00:00,250Z', noon + 250],
  ['2026-11-29T12:00:00.0005Z', noon + 0.5],
  ['2026-11-29', Date.UTC(2026, 10, 29)],
  ['2028-02-29', Date.UTC(2028, 1, 29)],
  ['0001-01-01', Date.parse('0001-01-01T00:00:00Z')],
  ['-5', -5_000],
  ['+5', 5_000],
  ['0', 0],
  ['99999999999', 99_999_999_999_000],
  ['100000000000', 100_000_000_000],
  ['-100000000000', -100_000_000_000],
])('reads the time %s', (text, time) => {
  expect(parseTime(text)).toBe(time)
})

it.each([
  '',
  'now',
  'noon',
  '10x',
  'NaN',
  'Infinity',
  '9e15',
  '2026-11',
  '2026-1-1',
  '2026-13-01',
  '2026-02-30',
  '2027-02-29',
  '2026-11-00',
  '2026-11-29T12:00:00',
  '2026-11-29T12Z',
  '2026-11-29T24:00:00Z',
  '2026-11-29T12:60:00Z',
  '2026-11-29T12:00:00+24:00',
  '2026-11-29T12:00:00.Z',
  '29.11.2026',
  ' 2026-11-29',
  '2026-11-29Z',
])('reads no time from %j', (text) => {
  expect(parseTime(text)).toBeUndefined()
})

it('reads every Date as it prints itself, and as its number where that is milliseconds', () => {
  fc.assert(
    fc.property(
      fc.date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59Z'),
        noInvalidDate: true,
      }),
      (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime())
        if (Math.abs(date.getTime()) >= 1e11) expect(timeOfNumber(date.getTime())).toBe(date.getTime())
      },
    ),
  )
})
