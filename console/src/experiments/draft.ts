// The form of an experiment, and the draft that it makes. Pure.
import {
  type Experiment,
  type ExperimentDesign,
  expectedWeights,
  strategyOf,
} from '../../../core/model/experiment.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { type Body, isSame } from '../change/changes-between.ts'
import { combineLists, optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { experiments as words } from '../messages/experiments.ts'
import { results } from '../messages/results.ts'
import { dayText, numberOf, percentText, shareOf } from '../ui/field-text.ts'

export interface MarginField {
  readonly text: string
  /** `relative`: percent of the baseline's figure. `absolute`: in the goal's own unit. */
  readonly unit: 'relative' | 'absolute'
}

/** Of a goal without a guardrail. */
export const noMargin: MarginField = { text: '', unit: 'relative' }

export interface ExperimentFields {
  readonly name: string
  readonly hypothesis: string
  readonly owner: string
  readonly flagKey: string
  readonly ruleId: string
  readonly baselineId: string
  readonly primary: string
  readonly secondary: readonly string[]
  readonly lowerIsBetter: readonly string[]
  /** By goal, as typed; empty: no guardrail. */
  readonly margins: Readonly<Record<string, MarginField>>
  readonly decision: 'always-valid' | 'fixed-horizon'
  /** In percent, as typed. */
  readonly effect: string
  readonly equivalence: string
  readonly minimumDays: string
  /** As a field of a date has it. */
  readonly ends: string
  readonly counts: 'all' | 'verified' | 'server'
  readonly aa: boolean
  /** From a plan. */
  readonly usersPlanned: number | undefined
}

export const emptyFields: ExperimentFields = {
  name: '',
  hypothesis: '',
  owner: '',
  flagKey: '',
  ruleId: '',
  baselineId: '',
  primary: '',
  secondary: [],
  lowerIsBetter: [],
  margins: {},
  decision: 'always-valid',
  effect: '',
  equivalence: '',
  minimumDays: '7',
  ends: '',
  counts: 'all',
  aa: false,
  usersPlanned: undefined,
}

export function fieldsOf(draft: Experiment): ExperimentFields {
  const { goalKeys, baselineVariationId, design = {} } = draft
  return {
    ...emptyFields,
    name: draft.name,
    hypothesis: draft.hypothesis ?? '',
    owner: draft.owner ?? '',
    flagKey: draft.flagKey,
    ruleId: draft.ruleId,
    baselineId: baselineVariationId,
    primary: goalKeys[0] ?? '',
    secondary: goalKeys.slice(1),
    lowerIsBetter: design.lowerIsBetter ?? [],
    margins: Object.fromEntries(
      (design.guardrails ?? []).map(({ goalKey, margin }) => [
        goalKey,
        'relative' in margin
          ? { text: percentText(margin.relative), unit: 'relative' }
          : { text: String(margin.absolute), unit: 'absolute' },
      ]),
    ),
    decision: design.decision ?? 'always-valid',
    effect: percentText(design.minimumEffect),
    equivalence: percentText(design.equivalence),
    minimumDays: String(design.minimumDays ?? emptyFields.minimumDays),
    ends: dayText(draft.stopAt),
    counts: draft.counts ?? 'all',
    aa: design.aa ?? false,
    usersPlanned: design.usersPlanned,
  }
}

const { form } = words

/** What a start fixes, and what an end does (core/change/experiment.ts). */
function settled(fields: ExperimentFields, experiment: Experiment): ExperimentFields {
  const { status } = experiment
  if (status === 'draft' || status === 'waiting') return fields
  const stored = fieldsOf(experiment)
  const { name, hypothesis, owner, primary, secondary, baselineId, ends, counts } = fields
  const told = { name, hypothesis, owner }
  return {
    ...stored,
    ...told,
    ...(status === 'running' && { primary, secondary, baselineId, ends, counts }),
  }
}

export const experimentForm: FormOf<Experiment, ExperimentFields> = {
  empty: emptyFields,
  fieldsOf,
  settled,
  rules: {
    name: { label: form.name },
    hypothesis: { label: form.hypothesis },
    owner: { label: form.owner },
    flagKey: { label: form.flag },
    ruleId: { label: form.rollout },
    baselineId: { label: form.baseline },
    primary: { label: form.primary },
    secondary: { label: form.secondary, combine: combineLists },
    lowerIsBetter: { label: form.lowerIsBetter, combine: combineLists },
    margins: {
      label: form.margins,
      entries: { label: form.margin, text: (margin) => (margin ? marginText(margin) : '') },
    },
    decision: {
      label: form.decision,
      text: optionText({ 'always-valid': form.always, 'fixed-horizon': form.horizon }),
    },
    effect: { label: form.effect },
    equivalence: { label: form.equivalence },
    minimumDays: { label: form.minimumDays },
    ends: { label: form.ends },
    counts: { label: form.counts, text: optionText(results.counts) },
    aa: { label: form.aa },
    usersPlanned: { label: form.usersPlanned },
  },
}

const marginText = ({ text, unit }: MarginField) => `${text} ${form.marginUnits[unit]}`

/** Of a design, what the form has fields for. */
const shownOfDesign: readonly string[] = [
  'decision',
  'lowerIsBetter',
  'guardrails',
  'minimumEffect',
  'equivalence',
  'minimumDays',
  'usersPlanned',
  'aa',
] satisfies (keyof ExperimentDesign)[]

/** A design is replaced as a whole: what the form does not show of it is sent as it is. */
const keptOf = (design: ExperimentDesign = {}): ExperimentDesign =>
  Object.fromEntries(Object.entries(design).filter(([field]) => !shownOfDesign.includes(field)))

/** What a draft becomes, new or edited. */
export function bodyOf(fields: ExperimentFields, draft?: Experiment) {
  const goalKeys = [fields.primary, ...fields.secondary.filter((key) => key !== fields.primary)]
  const lowerIsBetter = fields.lowerIsBetter.filter((key) => goalKeys.includes(key))
  const [minimumEffect, equivalence] = [shareOf(fields.effect), shareOf(fields.equivalence)]
  const minimumDays = numberOf(fields.minimumDays)
  const guardrails = fields.secondary.flatMap((goalKey) => {
    const { text, unit } = fields.margins[goalKey] ?? noMargin
    const margin = unit === 'relative' ? shareOf(text) : numberOf(text)
    if (margin === undefined) return []
    return [{ goalKey, margin: unit === 'relative' ? { relative: margin } : { absolute: margin } }]
  })
  return {
    name: fields.name,
    ...textOf('hypothesis', fields, draft),
    ...textOf('owner', fields, draft),
    flagKey: fields.flagKey,
    ruleId: fields.ruleId,
    baselineVariationId: fields.baselineId,
    goalKeys,
    ...(fields.ends && { stopAt: endOf(fields.ends, draft?.stopAt) }),
    ...(fields.counts !== (draft?.counts ?? 'all') && { counts: fields.counts }),
    design: {
      ...keptOf(draft?.design),
      ...(fields.decision !== 'always-valid' && { decision: fields.decision }),
      ...(lowerIsBetter.length > 0 && { lowerIsBetter }),
      ...(guardrails.length > 0 && { guardrails }),
      ...(minimumEffect !== undefined && { minimumEffect }),
      ...(equivalence !== undefined && { equivalence }),
      ...(minimumDays !== undefined && { minimumDays }),
      ...(fields.usersPlanned !== undefined && { usersPlanned: fields.usersPlanned }),
      ...(fields.aa && { aa: true }),
    },
  }
}

/** What is sent to change a draft: the parts that differ. */
export function changesOf(fields: ExperimentFields, draft: Experiment): Body {
  const before: Body = bodyOf(fieldsOf(draft), draft)
  return Object.fromEntries(
    Object.entries(bodyOf(fields, draft)).filter(([name, value]) => !isSame(value, before[name])),
  )
}

/** A text that is emptied is sent, so that it is emptied there, too. */
function textOf(name: 'hypothesis' | 'owner', fields: ExperimentFields, draft: Experiment | undefined) {
  const text = fields[name].trim()
  return text === (draft?.[name] ?? '') ? {} : { [name]: text }
}

/** The end of a day, unless it is the day that was planned: then the time of that day. */
const endOf = (day: string, planned: number | undefined): number =>
  planned !== undefined && dayText(planned) === day ? planned : Date.parse(`${day}T23:59:00`)

export const isComplete = ({ flagKey, ruleId, baselineId, primary }: ExperimentFields): boolean =>
  [flagKey, ruleId, baselineId, primary].every((text) => text !== '')

export interface Rollout {
  readonly ruleId: string
  /** The variations that users get, with their weights. */
  readonly weights: ReadonlyMap<string, number>
}

/** The parts of a flag that split users between two variations or more. */
export const rolloutsOf = (flag: Flag): Rollout[] =>
  [...flag.rules.map(({ id }) => id), flag.defaultStrategy.id].flatMap((ruleId) => {
    const strategy = strategyOf(flag, ruleId)
    if (strategy?.kind !== 'rollout') return []
    const weights = new Map([...expectedWeights(strategy)].filter(([, weight]) => weight > 0))
    return weights.size < 2 ? [] : [{ ruleId, weights }]
  })

/** The first rollout of a flag, and the variation it serves when off as the baseline if it is among them. */
export function chosenOf(flag: Flag, ruleId?: string): Pick<ExperimentFields, 'ruleId' | 'baselineId'> {
  const rollouts = rolloutsOf(flag)
  const rollout = rollouts.find((each) => each.ruleId === ruleId) ?? rollouts[0]
  if (!rollout) return { ruleId: '', baselineId: '' }
  const ids = [...rollout.weights.keys()]
  const marked = flag.variations.find(({ id, baseline }) => baseline && ids.includes(id))?.id
  const off = ids.find((id) => id === flag.offVariationId)
  return { ruleId: rollout.ruleId, baselineId: marked ?? off ?? ids[0]! }
}
