// The form of a scheduled change and what the API takes. Pure.
import type { FlagChanges } from '../../../core/model/flag-draft.ts'
import type { Schedule } from '../../../core/model/schedule.ts'
import type { Body } from '../change/changes-between.ts'
import { whenText } from '../ui/field-text.ts'
import { type Repeat, recurrenceOf, repeatOf, untilText } from './repeat.ts'

export interface ScheduleFields {
  readonly name: string
  readonly flagKey: string
  /** As a field of a date and time has it, by the viewer's clock. */
  readonly when: string
  /** `on`, `off`, `archive`, `serve:…` with a variation, `other`, or `kept`: as it was made. */
  readonly what: string
  readonly repeat: Repeat | 'kept'
  readonly until: string
  /** Empty: the change is refused while an experiment runs. */
  readonly experiment: string
  /** What `kept` stands for. */
  readonly kept?: Pick<Schedule, 'changes' | 'at' | 'repeat'>
}

export const emptySchedule: ScheduleFields = {
  name: '',
  flagKey: '',
  when: '',
  what: 'on',
  repeat: 'once',
  until: '',
  experiment: '',
}

const serve = 'serve:'
export const serving = (variationId: string): string => serve + variationId

/** As the API takes them, of what is chosen. */
const changesOf = (what: string): FlagChanges =>
  what === 'archive'
    ? { archived: true }
    : what.startsWith(serve)
      ? { defaultStrategy: { strategy: { kind: 'fixed', variationId: what.slice(serve.length) } } }
      : { enabled: what === 'on' }

/** `kept`: the form has no words for it. */
function whatOf(changes: FlagChanges): string {
  const { enabled, defaultStrategy } = changes
  const strategy = defaultStrategy?.strategy
  const guess =
    enabled !== undefined
      ? enabled
        ? 'on'
        : 'off'
      : strategy?.kind === 'fixed'
        ? serving(strategy.variationId)
        : 'archive'
  return JSON.stringify(changesOf(guess)) === JSON.stringify(changes) ? guess : 'kept'
}

/** `timeZone`: the viewer's. */
export function scheduleFields(schedule: Schedule, timeZone: string): ScheduleFields {
  const { name, flagKey, changes, at, repeat, experiment = '' } = schedule
  return {
    name,
    flagKey,
    when: whenText(at),
    what: whatOf(changes),
    repeat: repeat ? repeatOf(repeat, whenText(at), timeZone) : 'once',
    until: repeat ? untilText(repeat) : '',
    experiment,
    kept: { changes, at, ...(repeat && { repeat }) },
  }
}

/** Undefined while something is missing. */
export function scheduleBody(fields: ScheduleFields, timeZone: string): Body | undefined {
  const { name, flagKey, when, what, repeat, until, experiment, kept } = fields
  if (flagKey === '' || what === 'other') return undefined
  if (repeat !== 'kept' && Number.isNaN(Date.parse(when))) return undefined
  const recurrence = repeat === 'kept' ? kept?.repeat : recurrenceOf({ when, repeat, until, timeZone })
  return {
    name,
    flagKey,
    at: repeat === 'kept' ? kept?.at : Date.parse(when),
    ...(recurrence && { repeat: recurrence }),
    changes: what === 'kept' ? kept?.changes : changesOf(what),
    ...(experiment && { experiment }),
  }
}
