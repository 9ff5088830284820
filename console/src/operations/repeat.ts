// A time and how it repeats, as the API takes it. Pure.
import type { Recurrence } from '../../../core/model/recurrence.ts'
import type { scheduling } from '../messages/scheduling.ts'

export type Repeat = keyof typeof scheduling.repeats

type Weekday = Extract<Recurrence, { every: 'week' }>['days'][number]
/** In the order of JavaScript. Core's list would bring its calendar along. */
const weekdays: readonly Weekday[] = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
]

interface Times {
  /** As a field of a date and time has it, by the viewer's clock: `2026-11-30T09:30`. */
  readonly when: string
  readonly repeat: Repeat
  /** The last day, as a field of a date has it; empty: without end. */
  readonly until: string
  readonly timeZone: string
}

/** Undefined: once. The times are those of the viewer's time zone, also when its clocks change. */
export function recurrenceOf({ when, repeat, until, timeZone }: Times): Recurrence | undefined {
  if (repeat === 'once') return undefined
  const [day = '', time = ''] = when.split('T')
  const from = Date.parse(when)
  const shared = {
    interval: 1,
    time,
    timeZone,
    from,
    ...(until !== '' && { until: Date.parse(`${until}T23:59:59`) }),
  }
  switch (repeat) {
    case 'day':
      return { every: 'day', ...shared }
    case 'workday':
      return { every: 'week', days: weekdays.slice(1, 6), ...shared }
    case 'week':
      return { every: 'week', days: [weekdays[new Date(from).getDay()]!], ...shared }
    case 'month':
      return { every: 'month', day: Number(day.slice(-2)), ...shared }
  }
}
