import { expect, it } from 'vitest'
import { nextOccurrence, Recurrence } from '../../../core/model/recurrence.ts'
import { recurrenceOf } from './repeat.ts'

const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
const monday = '2026-11-30T09:30'

it.each([
  ['day', ['2026-11-30T09:30', '2026-12-01T09:30', '2026-12-02T09:30']],
  ['workday', ['2026-11-30T09:30', '2026-12-01T09:30', '2026-12-02T09:30']],
  ['week', ['2026-11-30T09:30', '2026-12-07T09:30', '2026-12-14T09:30']],
  ['month', ['2026-11-30T09:30', '2026-12-30T09:30', '2027-01-30T09:30']],
] as const)('repeats by %s from the first time on', (repeat, expected) => {
  const recurrence = Recurrence.parse(recurrenceOf({ when: monday, repeat, until: '', timeZone }))
  const times: number[] = []
  for (let after = 0; times.length < expected.length; after = times.at(-1)!)
    times.push(nextOccurrence(recurrence, after)!)
  expect(times).toEqual(expected.map((time) => Date.parse(time)))
})

it('ends with the last day, and may happen once', () => {
  const times = { when: monday, until: '2026-11-30', timeZone }
  const recurrence = Recurrence.parse(recurrenceOf({ ...times, repeat: 'day' }))
  expect(nextOccurrence(recurrence, Date.parse(monday))).toBeUndefined()
  expect(recurrenceOf({ ...times, repeat: 'once' })).toBeUndefined()
})
