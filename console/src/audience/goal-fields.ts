// The form of a goal and what the API takes. Pure.
import type { Goal } from '../../../core/model/goal.ts'
import { type GoalMetric, isOfShares } from '../../../core/model/goal-metric.ts'
import type { Body } from '../change/changes-between.ts'
import { optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { audience } from '../messages/audience.ts'
import { numberOf } from '../ui/field-text.ts'
import { listOf, listText } from '../ui/list-text.ts'

export interface GoalFields {
  readonly key: string
  readonly name: string
  /** Empty: the key. */
  readonly event: string
  readonly kind: GoalMetric['kind']
  readonly cap: string
  readonly windowDays: string
  readonly day: string
  /** Names of events, in one line. */
  readonly steps: string
  readonly denominator: string
  /** As it is stored: what the form does not show of the same kind stays. */
  readonly metric?: GoalMetric
}

export const emptyGoal: GoalFields = {
  key: '',
  name: '',
  event: '',
  kind: 'conversion',
  cap: '',
  windowDays: '',
  day: '',
  steps: '',
  denominator: '',
}

const textOf = (value: number | undefined) => String(value ?? '')

export function goalFields({ key, name, event, metric }: Goal): GoalFields {
  return {
    ...emptyGoal,
    key,
    name,
    event,
    ...(metric && { metric, kind: metric.kind }),
    ...(metric && 'cap' in metric && { cap: textOf(metric.cap) }),
    ...(metric && 'windowDays' in metric && { windowDays: textOf(metric.windowDays) }),
    ...(metric?.kind === 'retention' && { day: textOf(metric.day) }),
    ...(metric?.kind === 'funnel' && { steps: listText(metric.steps) }),
    ...(metric?.kind === 'ratio' && { denominator: metric.denominator.event }),
  }
}

const { goals: words } = audience

export const goalForm: FormOf<Goal, GoalFields> = {
  empty: emptyGoal,
  fieldsOf: goalFields,
  rules: {
    key: 'stored',
    name: { label: audience.name },
    event: { label: words.event },
    kind: { label: words.metric, text: optionText(words.metrics) },
    cap: { label: words.cap },
    windowDays: { label: words.windowDays },
    day: { label: words.day },
    steps: { label: words.steps },
    denominator: { label: words.denominator },
    metric: 'stored',
  },
}

export const hasCap = (kind: GoalMetric['kind']): boolean => !isOfShares({ kind })
export const hasWindow = (kind: GoalMetric['kind']): boolean => kind !== 'retention'

/** Undefined while something is missing or no number. */
export function goalBody(fields: GoalFields): Body | undefined {
  const { key, name, event, kind, cap, windowDays } = fields
  const [capValue, days] = [numberOf(cap), numberOf(windowDays)]
  const own = ownFields(fields)
  const isNoNumber = (text: string, value: number | undefined) => text.trim() !== '' && value === undefined
  if (key === '' || own === undefined) return undefined
  if (isNoNumber(cap, capValue) || isNoNumber(windowDays, days)) return undefined
  const isPlain = fields.metric === undefined && kind === 'conversion' && days === undefined
  return {
    key,
    name,
    event: event.trim() || key,
    ...(!isPlain && {
      metric: {
        ...keptOf(fields),
        kind,
        ...(hasCap(kind) && capValue !== undefined && { cap: capValue }),
        ...(hasWindow(kind) && days !== undefined && { windowDays: days }),
        ...own,
      },
    }),
  }
}

/** What the form has no field for. */
function keptOf({ metric, kind }: GoalFields): object {
  if (metric?.kind !== kind) return {}
  const shown = ['cap', 'windowDays']
  return Object.fromEntries(Object.entries(metric).filter(([field]) => !shown.includes(field)))
}

/** What only this kind of metric has; undefined while it is missing. */
function ownFields({ kind, day, steps, denominator, metric }: GoalFields): object | undefined {
  const names = listOf(steps)
  switch (kind) {
    case 'retention':
      return numberOf(day) === undefined ? undefined : { day: numberOf(day) }
    case 'funnel':
      return names.length === 0 ? undefined : { steps: names }
    case 'ratio':
      return denominator.trim() === ''
        ? undefined
        : { denominator: { ...(metric?.kind === kind && metric.denominator), event: denominator.trim() } }
    default:
      return {}
  }
}
