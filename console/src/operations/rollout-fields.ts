// The form of a progressive rollout and what the API takes. Pure.
import type { ProgressiveRollout, RolloutStep } from '../../../core/model/progressive-rollout.ts'
import type { Body } from '../change/changes-between.ts'
import { optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { operationForms } from '../messages/operation-forms.ts'
import { hoursOf, hoursText, numberOf, whenText } from '../ui/field-text.ts'

const weightPerPercent = 1_000 // core/model/limits.ts

export interface StepFields {
  /** For React: steps have no names. Of a stored step, its place. */
  readonly key: number
  /** In percent. */
  readonly share: string
  /** In hours. */
  readonly hold: string
  readonly approval: boolean
  /** Empty: none. */
  readonly users: string
  /** What the form only shows. */
  readonly guardrails?: readonly string[]
}

export interface RolloutFields {
  readonly name: string
  readonly flagKey: string
  readonly ruleId: string
  readonly variation: string
  /** Empty: users who get no variation. */
  readonly from: string
  readonly steps: readonly StepFields[]
  readonly onOperation: ProgressiveRollout['onOperation']
  /** As a field of a date and time has it; empty: at once. */
  readonly startsAt: string
}

const step = (share: string, key: number): StepFields => ({
  key,
  share,
  hold: '24',
  approval: false,
  users: '',
})

export const emptyRollout: RolloutFields = {
  name: '',
  flagKey: '',
  ruleId: '',
  variation: '',
  from: '',
  steps: ['1', '5', '20', '50', '100'].map(step),
  onOperation: 'pause',
  startsAt: '',
}

/** One more, as the last one is. */
export function withStep(steps: readonly StepFields[]): readonly StepFields[] {
  const last = steps.at(-1)
  const key = Math.max(-1, ...steps.map((each) => each.key)) + 1
  return [...steps, { ...step('100', key), ...(last && { hold: last.hold, approval: last.approval }) }]
}

const stepFields = ({ weight, holdMs, approval, minimumUsers, guardrails }: RolloutStep, key: number) => ({
  key,
  share: String(weight / weightPerPercent),
  hold: hoursText(holdMs),
  approval,
  users: minimumUsers === undefined ? '' : String(minimumUsers),
  ...(guardrails && { guardrails }),
})

export const rolloutFields = (rollout: ProgressiveRollout): RolloutFields => ({
  name: rollout.name,
  flagKey: rollout.flagKey,
  ruleId: rollout.ruleId,
  variation: rollout.variationId,
  from: rollout.fromVariationId ?? '',
  steps: rollout.steps.map(stepFields),
  onOperation: rollout.onOperation,
  startsAt: rollout.status === 'waiting' ? whenText(rollout.startAt) : '',
})

/** A line for each step. */
const stepsText = (steps: RolloutFields['steps']) =>
  steps
    .map(({ share, hold, users, approval }, i) =>
      [
        `${operationForms.step(i + 1)}: ${share}\u00a0%, ${hold}\u00a0h`,
        ...(users === '' ? [] : [`${operationForms.users}: ${users}`]),
        ...(approval ? [operationForms.approval] : []),
      ].join(', '),
    )
    .join('\n')

/** Steps that were made stay as they are, and so does a beginning that has passed. */
function settled(fields: RolloutFields, rollout: ProgressiveRollout): RolloutFields {
  const { stepsMade, status } = rollout
  const { steps, startsAt } = rolloutFields(rollout)
  const ahead = fields.steps.filter(({ key }) => key >= stepsMade)
  return {
    ...fields,
    steps: [...steps.slice(0, stepsMade), ...ahead],
    ...(status !== 'waiting' && { startsAt }),
  }
}

export const rolloutForm: FormOf<ProgressiveRollout, RolloutFields> = {
  empty: emptyRollout,
  fieldsOf: rolloutFields,
  settled,
  rules: {
    name: { label: operationForms.name },
    flagKey: 'stored',
    ruleId: 'stored',
    variation: { label: operationForms.rolled },
    from: { label: operationForms.from },
    steps: {
      label: operationForms.steps,
      text: stepsText,
      compared: (steps) => steps.map(({ key: _, ...step }) => step),
    },
    onOperation: { label: operationForms.onOperation, text: optionText(operationForms.reactions) },
    startsAt: { label: operationForms.starts },
  },
}

function stepOf({ share, hold, approval, users, guardrails }: StepFields): RolloutStep | undefined {
  const [percent, holdMs, minimumUsers] = [numberOf(share), hoursOf(hold), numberOf(users)]
  if (percent === undefined || holdMs === undefined) return undefined
  if (users !== '' && minimumUsers === undefined) return undefined
  return {
    weight: Math.round(percent * weightPerPercent),
    holdMs,
    approval,
    ...(minimumUsers !== undefined && { minimumUsers }),
    ...(guardrails && { guardrails: [...guardrails] }),
  }
}

/** Undefined while something is missing or no number. */
export function rolloutBody(fields: RolloutFields): Body | undefined {
  const { name, flagKey, ruleId, variation, from, onOperation, startsAt } = fields
  const steps = fields.steps.map(stepOf)
  if (flagKey === '' || steps.length === 0 || steps.includes(undefined)) return undefined
  return {
    name,
    flagKey,
    ...(ruleId && { ruleId }),
    variationId: variation,
    fromVariationId: from === '' ? null : from,
    steps,
    onOperation,
    ...(startsAt !== '' && { startAt: Date.parse(startsAt) }),
  }
}
