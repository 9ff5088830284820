// A time and how it repeats, as the API takes it. Pure.
import type { Recurrence } from '../../../core/model/recurrence.ts'
import type { scheduling } from '../messages/scheduling.ts'
import { dayText } from '../ui/field-text.ts'

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

const repeats = ['day', 'workday', 'week', 'month'] as const

/**
 * The choice that makes the recurrence, whose next time is `when`. `kept`: the form cannot say it, as every
 * second week or the times of another zone.
 */
export function repeatOf(recurrence: Recurrence, when: string, timeZone: string): Repeat | 'kept' {
  const until = untilText(recurrence)
  const { from: _, ...wanted } = recurrence
  const makesIt = (repeat: Repeat) => {
    const { from: __, ...made } = recurrenceOf({ when, repeat, until, timeZone })!
    return canonical(made) === canonical(wanted)
  }
  return repeats.find(makesIt) ?? 'kept'
}

const canonical = (value: object) =>
  JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** The last day, as a field of a date has it. */
export const untilText = ({ until }: Recurrence): string => (until === undefined ? '' : dayText(until))
