// The form of a dynamic allocation and what the API takes. Pure.
import type { DynamicAllocation } from '../../../core/model/dynamic-allocation.ts'
import type { Body } from '../change/changes-between.ts'
import { optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { allocations } from '../messages/allocations.ts'
import { operationForms } from '../messages/operation-forms.ts'
import { hoursOf, hoursText, numberOf } from '../ui/field-text.ts'

const weightPerPercent = 1_000 // core/model/limits.ts

export interface AllocationFields {
  readonly name: string
  readonly flagKey: string
  /** Empty: the default strategy. */
  readonly ruleId: string
  readonly goal: string
  readonly direction: 'more' | 'fewer'
  readonly counts: NonNullable<DynamicAllocation['counts']>
  /** In hours. */
  readonly delay: string
  readonly every: string
  /** In percent. */
  readonly floor: string
  readonly step: string
  readonly users: string
}

/** The defaults of the API, so that they are seen. */
export const emptyAllocation: AllocationFields = {
  name: '',
  flagKey: '',
  ruleId: '',
  goal: '',
  direction: 'more',
  counts: 'all',
  delay: '24',
  every: '24',
  floor: '5',
  step: '10',
  users: '200',
}

export const allocationFields = (allocation: DynamicAllocation): AllocationFields => ({
  name: allocation.name,
  flagKey: allocation.flagKey,
  ruleId: allocation.ruleId,
  goal: allocation.goalKey,
  direction: allocation.lowerIsBetter ? 'fewer' : 'more',
  counts: allocation.counts ?? 'all',
  delay: hoursText(allocation.delayMs),
  every: hoursText(allocation.everyMs),
  floor: String(allocation.floor / weightPerPercent),
  step: String(allocation.maximumStep / weightPerPercent),
  users: String(allocation.minimumUsers),
})

const { form } = allocations

export const allocationForm: FormOf<DynamicAllocation, AllocationFields> = {
  empty: emptyAllocation,
  fieldsOf: allocationFields,
  rules: {
    name: { label: operationForms.name },
    flagKey: 'stored',
    ruleId: 'stored',
    goal: { label: form.goal },
    direction: { label: form.direction, text: optionText(form.directions) },
    counts: { label: form.counts, text: optionText(form.countsOptions) },
    delay: { label: form.delay },
    every: { label: form.every },
    floor: { label: form.floor },
    step: { label: form.step },
    users: { label: form.users },
  },
}

/** Undefined while something is missing or no number. */
export function allocationBody(fields: AllocationFields): Body | undefined {
  const { name, flagKey, ruleId, goal, direction, counts } = fields
  const [delayMs, everyMs] = [hoursOf(fields.delay), hoursOf(fields.every)]
  const [floor, step, minimumUsers] = [fields.floor, fields.step, fields.users].map(numberOf)
  if (flagKey === '' || goal === '' || delayMs === undefined || everyMs === undefined) return undefined
  if (floor === undefined || step === undefined || minimumUsers === undefined) return undefined
  return {
    name,
    flagKey,
    ...(ruleId && { ruleId }),
    goalKey: goal,
    lowerIsBetter: direction === 'fewer',
    ...(counts !== 'all' && { counts }),
    delayMs,
    everyMs,
    floor: Math.round(floor * weightPerPercent),
    maximumStep: Math.round(step * weightPerPercent),
    minimumUsers,
  }
}
