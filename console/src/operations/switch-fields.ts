// The form of a kill switch and what the API takes. Pure.
import type { Operation, OperationAction } from '../../../core/model/operation.ts'
import type { Body } from '../change/changes-between.ts'
import { optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { hoursOf, hoursText, numberOf, percentText, shareOf } from '../ui/field-text.ts'

export interface SwitchFields {
  readonly flagKey: string
  readonly variation: string
  readonly goal: string
  readonly comparison: Operation['comparison']
  /** In percent, or in points of the baseline's. */
  readonly threshold: string
  readonly baseline: string
  readonly difference: 'absolute' | 'relative'
  readonly minimum: string
  /** In hours; empty: as the comparison has it. */
  readonly delay: string
  /** `disable`, `notify`, `serve:…` with a variation, `stop:…` with an experiment. */
  readonly action: string
  /** In hours; empty: by hand. */
  readonly rearm: string
}

export const emptySwitch: SwitchFields = {
  flagKey: '',
  variation: '',
  goal: '',
  comparison: 'at-least',
  threshold: '5',
  baseline: '',
  difference: 'absolute',
  minimum: '100',
  delay: '',
  action: 'disable',
  rearm: '',
}

const [serve, stop] = ['serve:', 'stop:']
export const serving = (variationId: string): string => serve + variationId
export const stopping = (experimentId: string): string => stop + experimentId

function actionText(action: OperationAction = { kind: 'disable' }): string {
  if (action.kind === 'serve') return serving(action.variationId)
  if (action.kind === 'stop-experiment') return stopping(action.experimentId)
  return action.kind
}

function actionOf(text: string): OperationAction {
  if (text.startsWith(serve)) return { kind: 'serve', variationId: text.slice(serve.length) }
  if (text.startsWith(stop)) return { kind: 'stop-experiment', experimentId: text.slice(stop.length) }
  return { kind: text === 'notify' ? 'notify' : 'disable' }
}

export const switchFields = (operation: Operation): SwitchFields => ({
  flagKey: operation.flagKey,
  variation: operation.variationId,
  goal: operation.goalKey,
  comparison: operation.comparison,
  threshold: percentText(operation.threshold),
  baseline: operation.baselineVariationId ?? '',
  difference: operation.difference ?? 'absolute',
  minimum: String(operation.minimumUsers),
  delay: hoursText(operation.delayMs),
  action: actionText(operation.action),
  rearm: hoursText(operation.rearmAfterMs),
})

function actionShown(text: string): string {
  const action = actionOf(text)
  switch (action.kind) {
    case 'serve':
      return form.serve(action.variationId)
    case 'stop-experiment':
      return form.stopExperiment(action.experimentId)
    case 'notify':
    case 'disable':
      return form[action.kind]
  }
}

export const switchForm: FormOf<Operation, SwitchFields> = {
  empty: emptySwitch,
  fieldsOf: switchFields,
  rules: {
    flagKey: 'stored',
    variation: { label: form.variation },
    goal: { label: form.goal },
    comparison: {
      label: form.comparison,
      text: optionText({ 'at-least': form.atLeast, 'at-most': form.atMost }),
    },
    threshold: { label: form.threshold },
    baseline: { label: form.against },
    difference: { label: form.difference, text: optionText(form.differences) },
    minimum: { label: form.minimum },
    delay: { label: form.delay },
    action: { label: form.action, text: actionShown },
    rearm: { label: form.rearm },
  },
}

/** Undefined while something is missing or no number. */
export function switchBody(fields: SwitchFields): Body | undefined {
  const { flagKey, variation, goal, comparison, baseline, difference, delay, action, rearm } = fields
  const [threshold, minimumUsers] = [shareOf(fields.threshold), numberOf(fields.minimum)]
  const [delayMs, rearmAfterMs] = [hoursOf(delay), hoursOf(rearm)]
  if (flagKey === '' || goal === '' || threshold === undefined || minimumUsers === undefined) return undefined
  if ((delay !== '' && delayMs === undefined) || (rearm !== '' && rearmAfterMs === undefined))
    return undefined
  return {
    kind: 'event-rate',
    flagKey,
    variationId: variation,
    goalKey: goal,
    comparison,
    threshold,
    minimumUsers,
    ...(baseline && { baselineVariationId: baseline }),
    ...(baseline && difference === 'relative' && { difference }),
    ...(delayMs !== undefined && { delayMs }),
    action: actionOf(action),
    ...(rearmAfterMs !== undefined && { rearmAfterMs }),
  }
}
