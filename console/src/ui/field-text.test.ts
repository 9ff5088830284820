import { afterEach, expect, it, vi } from 'vitest'
import { dayEnd, dayText } from './field-text.ts'

afterEach(() => void vi.unstubAllEnvs())

it.each([
  ['Europe/Berlin', '2026-03-29', '2026-03-29T22:00:00Z'], // 23 hours
  ['Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00Z'], // 25 hours
  ['Australia/Lord_Howe', '2026-04-05', '2026-04-05T13:30:00Z'], // 24 hours and a half
  ['America/Santiago', '2026-09-05', '2026-09-06T04:00:00Z'], // the next midnight is left out
  ['UTC', '2026-12-31', '2027-01-01T00:00:00Z'],
])('a day ends where the next one begins: %s, %s', (zone, day, end) => {
  vi.stubEnv('TZ', zone)
  expect(new Date(dayEnd(day)).toISOString()).toBe(new Date(end).toISOString())
  expect(dayText(dayEnd(day) - 1)).toBe(day)
})
