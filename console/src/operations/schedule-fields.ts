// The form of a scheduled change and what the API takes. Pure.
import type { FlagChanges } from '../../../core/model/flag-draft.ts'
import type { Recurrence } from '../../../core/model/recurrence.ts'
import type { Schedule } from '../../../core/model/schedule.ts'
import type { Body } from '../change/changes-between.ts'
import { optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { scheduling as times } from '../messages/scheduling.ts'
import { whenText } from '../ui/field-text.ts'
import { changesText } from './lanes.ts'
import { type Repeat, recurrenceOf, repeatOf, untilText } from './repeat.ts'

/** What is stored and the form has no words for, as JSON. */
type Kept = `kept:${string}`
const kept = 'kept:'
export const isKept = (text: string): text is Kept => text.startsWith(kept)
const keptText = (value: object): Kept => `${kept}${JSON.stringify(value)}`
const keptOf = <Value>(text: Kept): Value => JSON.parse(text.slice(kept.length)) as Value

export interface ScheduleFields {
  readonly name: string
  readonly flagKey: string
  /** As a field of a date and time has it, by the viewer's clock. */
  readonly when: string
  /** `on`, `off`, `archive`, `serve:…` with a variation, `other`, or `kept:…` as it was made. */
  readonly what: string
  readonly repeat: Repeat | Kept
  readonly until: string
  /** Empty: the change is refused while an experiment runs. */
  readonly experiment: string
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
function changesOf(what: string): FlagChanges {
  if (isKept(what)) return keptOf(what)
  if (what === 'archive') return { archived: true }
  if (!what.startsWith(serve)) return { enabled: what === 'on' }
  return { defaultStrategy: { strategy: { kind: 'fixed', variationId: what.slice(serve.length) } } }
}

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
  return JSON.stringify(changesOf(guess)) === JSON.stringify(changes) ? guess : keptText(changes)
}

/** As a person reads what is chosen. */
export function whatText(what: string): string {
  if (isKept(what)) return times.kept(changesText({ changes: changesOf(what) }))
  if (what.startsWith(serve)) return times.serve(what.slice(serve.length))
  return optionText({ on: times.turnOn, off: times.turnOff, archive: times.archive, other: times.other })(
    what,
  )
}

/** A recurrence that the form cannot say, with its next time. */
interface KeptTimes {
  readonly at: number
  readonly repeat: Recurrence
}

/** `timeZone`: the viewer's. */
export function scheduleFields(schedule: Schedule, timeZone: string): ScheduleFields {
  const { name, flagKey, changes, at, repeat, experiment = '' } = schedule
  const shown = repeat ? repeatOf(repeat, whenText(at), timeZone) : 'once'
  return {
    name,
    flagKey,
    when: whenText(at),
    what: whatOf(changes),
    repeat: shown === 'kept' ? keptText({ at, repeat }) : shown,
    until: repeat ? untilText(repeat) : '',
    experiment,
  }
}

/** Undefined while something is missing. */
export function scheduleBody(fields: ScheduleFields, timeZone: string): Body | undefined {
  const { name, flagKey, when, what, repeat, until, experiment } = fields
  if (flagKey === '' || what === 'other') return undefined
  const keptTimes = isKept(repeat) ? keptOf<KeptTimes>(repeat) : undefined
  if (!keptTimes && Number.isNaN(Date.parse(when))) return undefined
  const recurrence = isKept(repeat) ? keptTimes?.repeat : recurrenceOf({ when, repeat, until, timeZone })
  return {
    name,
    flagKey,
    at: keptTimes?.at ?? Date.parse(when),
    ...(recurrence && { repeat: recurrence }),
    changes: changesOf(what),
    ...(experiment && { experiment }),
  }
}

/** What becomes of an experiment that runs when nobody is there to ask. */
export const experimentTexts = { '': form.refuse, stop: form.stop, 'new-phase': form.newPhase }

export const scheduleForm = (timeZone: string): FormOf<Schedule, ScheduleFields> => ({
  empty: emptySchedule,
  fieldsOf: (schedule) => scheduleFields(schedule, timeZone),
  rules: {
    name: { label: form.name },
    flagKey: 'stored',
    when: { label: form.when },
    what: { label: form.what, text: whatText },
    repeat: {
      label: times.repeat,
      text: (repeat) => (isKept(repeat) ? times.keptRepeat : times.repeats[repeat]),
    },
    until: { label: times.until },
    experiment: { label: form.ifExperiment, text: optionText(experimentTexts) },
  },
})
