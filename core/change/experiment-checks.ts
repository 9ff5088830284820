// What an experiment lacks before it starts, as far as its configuration tells. What blocks would keep it
// from ever giving a result; what warns would make the result worth less.
import type { EnvironmentState } from '../model/environment-state.ts'
import {
  type Experiment,
  isOpenAt,
  minimumDaysDefault,
  primaryGoalOf,
  strategyOf,
} from '../model/experiment.ts'
import type { Flag } from '../model/flag.ts'
import { slicesTotal } from '../model/limits.ts'
import { capOf, isCappedByHistory } from '../model/goal-metric.ts'
import type { HoldBackSource } from '../model/hold-back.ts'
import type { Margin } from '../model/guardrail.ts'
import type { Goal } from '../model/goal.ts'
import { areApart, type TakingPart, takingPart } from './taking-part.ts'
import { valuesServed, weightsOf } from './experiment-phases.ts'
import { segmentsIn } from '../model/segment-keys.ts'

const dayMs = 86_400_000

export const checkNames = [
  'flag',
  'arms',
  'goals',
  'duration',
  'guardrails',
  'owner',
  'overlap',
  'taking-part',
  'bucketing-file',
  'exposures',
  'goal-events',
  'history',
  'power',
  'guardrail-power',
] as const

export interface Check {
  readonly name: (typeof checkNames)[number]
  readonly status: 'pass' | 'warn' | 'block'
  /** A sentence for a person. */
  readonly detail: string
}

export interface CheckSubject {
  /** As it would be once started. */
  readonly experiment: Experiment
  readonly flag: Flag | undefined
  /** Those of its goals that exist, by key. */
  readonly goals: ReadonlyMap<string, Goal>
  /** Other experiments that wait or run, with their flags. */
  readonly others: readonly { readonly experiment: Experiment; readonly flag: Flag | undefined }[]
  /** Of the environment. */
  readonly holdBacks: HoldBackSource
  /** Epoch milliseconds. */
  readonly now: number
}

export function configurationChecks(subject: CheckSubject): Check[] {
  const { experiment, flag, goals, holdBacks, now } = subject
  const part = takingPart(holdBacks, experiment, flag, now)
  return [
    flagCheck(experiment, flag),
    armsCheck(experiment, flag),
    goalsCheck(experiment, goals),
    durationCheck(experiment),
    guardrailsCheck(experiment),
    ownerCheck(experiment, flag),
    overlapCheck(subject),
    takingPartCheck(part),
    bucketingFileCheck(experiment, part),
  ]
}

/** In an environment, at a time. */
export function checkSubject(state: EnvironmentState, experiment: Experiment, now: number): CheckSubject {
  const others = [...state.experiment.values()].filter(
    (other) => other.id !== experiment.id && isOpenAt(other, now),
  )
  return {
    experiment,
    flag: state.flag.get(experiment.flagKey),
    goals: new Map(
      experiment.goalKeys.flatMap((key) => {
        const goal = state.goal.get(key)
        return goal ? [[key, goal] as const] : []
      }),
    ),
    others: others.map((other) => ({ experiment: other, flag: state.flag.get(other.flagKey) })),
    holdBacks: { layers: [...state.layer.values()], holdouts: [...state.holdout.values()] },
    now,
  }
}

export const blockingChecks = (state: EnvironmentState, experiment: Experiment, now: number): Check[] =>
  configurationChecks(checkSubject(state, experiment, now)).filter(({ status }) => status === 'block')

function flagCheck({ flagKey, status }: Experiment, flag: Flag | undefined): Check {
  const name = 'flag'
  if (!flag) return { name, status: 'block', detail: `There is no flag ${flagKey}.` }
  if (flag.archived) return { name, status: 'block', detail: `Flag ${flagKey} is archived.` }
  if (flag.enabled) return { name, status: 'pass', detail: `Flag ${flagKey} is on.` }
  return status === 'waiting'
    ? { name, status: 'warn', detail: `Flag ${flagKey} is off: turn it on by the start.` }
    : { name, status: 'block', detail: `Flag ${flagKey} is off: nobody would meet a variation.` }
}

function armsCheck({ ruleId, baselineVariationId, design }: Experiment, flag: Flag | undefined): Check {
  const blocked = (detail: string): Check => ({ name: 'arms', status: 'block', detail })
  const strategy = flag && strategyOf(flag, ruleId)
  if (strategy?.kind !== 'rollout') return blocked(`Rule ${ruleId} is no percentage rollout of the flag.`)
  const arms = Object.keys(weightsOf(strategy))
  if (!arms.includes(baselineVariationId))
    return blocked(`The baseline ${baselineVariationId} is served to nobody.`)
  if (arms.length < 2) return blocked('The rollout serves one variation only: there is nothing to compare.')
  const values = valuesServed(flag!, strategy)
  if (design?.aa && values > 1)
    return blocked('An A/A test needs variations of equal value, and these differ.')
  if (!design?.aa && values < arms.length)
    return {
      name: 'arms',
      status: 'warn',
      detail:
        'Two variations have the same value. If that is meant as a test of the pipeline, set design.aa.',
    }
  return { name: 'arms', status: 'pass', detail: `It compares ${arms.join(', ')}.` }
}

function goalsCheck(experiment: Experiment, existing: ReadonlyMap<string, Goal>): Check {
  const name = 'goals'
  const { goalKeys } = experiment
  const missing = goalKeys.filter((key) => !existing.has(key))
  if (missing.length > 0) return { name, status: 'block', detail: `There is no goal ${missing.join(', ')}.` }
  const primary = primaryGoalOf(experiment) ?? ''
  if (existing.get(primary)?.metric?.kind === 'value-per-converter')
    return {
      name,
      status: 'block',
      detail:
        `${primary} is about users who converted, and who they are depends on the variation: it cannot ` +
        'decide. Make a goal about the value per user the first one.',
    }
  const uncapped = goalKeys.filter((key) => isUncapped(existing.get(key)))
  if (uncapped.length > 0)
    return {
      name,
      status: 'warn',
      detail:
        `${uncapped.join(', ')}: without a cap a few large values can hide a difference. Set metric.capFromHistory, ` +
        'or metric.cap: the last result says in metric.high above what half a percent of the users are.',
    }
  return { name, status: 'pass', detail: `${goalKeys[0]} decides.` }
}

/** Whether the goal sums up values that may be of any size. */
function isUncapped(goal: Goal | undefined): boolean {
  const metric = goal?.metric
  if (!metric || capOf(metric) !== undefined || isCappedByHistory(metric)) return false
  return metric.kind === 'ratio' ? metric.sum === 'value' : metric.kind.startsWith('value')
}

function durationCheck({ startAt, stopAt, design }: Experiment): Check {
  const name = 'duration'
  const minimum = design?.minimumDays ?? minimumDaysDefault
  const days = (stopAt - startAt) / dayMs
  if (days <= 0) return { name, status: 'block', detail: 'Its planned end (stopAt) is not after its start.' }
  const lasts = `It lasts ${Number(days.toFixed(1))} days`
  if (days < minimum)
    return { name, status: 'block', detail: `${lasts}, and could name nothing before ${minimum} days.` }
  if (days < minimumDaysDefault)
    return {
      name,
      status: 'warn',
      detail: `${lasts}: users of a Monday are not those of a Sunday, a full week has both.`,
    }
  return { name, status: 'pass', detail: `${lasts}.` }
}

function guardrailsCheck({ goalKeys, design }: Experiment): Check {
  const name = 'guardrails'
  if (design?.aa) return { name, status: 'pass', detail: 'An A/A test needs none.' }
  const others = goalKeys.slice(1)
  const guardrails = design?.guardrails ?? []
  if (guardrails.length > 0) {
    const each = guardrails.map(({ goalKey, margin }) => `${goalKey} (margin ${marginText(margin)})`)
    return { name, status: 'pass', detail: `Nothing is shipped unless these hold: ${each.join(', ')}.` }
  }
  return {
    name,
    status: 'warn',
    detail:
      others.length === 0
        ? 'There is no second goal: nothing would show what a better primary goal costs.'
        : `There is no guardrail: ${others.join(', ')} would show what the change costs, and stop nothing.`,
  }
}

const marginText = (margin: Margin) =>
  'relative' in margin ? `${Number((margin.relative * 100).toPrecision(3))} %` : String(margin.absolute)

function ownerCheck({ owner }: Experiment, flag: Flag | undefined): Check {
  const name = 'owner'
  if (owner) return { name, status: 'pass', detail: `${owner} decides on the result.` }
  return flag?.maintainer
    ? { name, status: 'pass', detail: `${flag.maintainer} maintains the flag.` }
    : { name, status: 'warn', detail: 'Nobody is named as owner.' }
}

/**
 * Beside each other on one rollout, or on users of a segment that both rules ask for, unless a layer keeps
 * their users apart.
 */
function overlapCheck({ experiment, flag, others, holdBacks }: CheckSubject): Check {
  const name = 'overlap'
  const own = new Set(segmentsOf(experiment, flag))
  const found = others
    .filter((other) => other.experiment.stopAt > experiment.startAt)
    .filter((other) => other.experiment.startAt < experiment.stopAt)
    .filter((other) => !areApart(holdBacks.layers, experiment, other.experiment))
    .flatMap((other) => {
      const { id, flagKey } = other.experiment
      if (flagKey === experiment.flagKey) return [`${id} (the same flag)`]
      const shared = segmentsOf(other.experiment, other.flag).find((key) => own.has(key))
      return shared === undefined ? [] : [`${id} (segment ${shared})`]
    })
  return found.length === 0
    ? { name, status: 'pass', detail: 'No other experiment runs on its flag or its segments.' }
    : {
        name,
        status: 'warn',
        detail: `Its users may also be in ${found.join(', ')}: what the two do together is not tested.`,
      }
}

const percent = (share: number) => `${Number((share * 100).toPrecision(4))} %`

function takingPartCheck({ share, layer, holdouts }: TakingPart): Check {
  const name = 'taking-part'
  const parts = [
    ...(layer ? [`it has ${layer.slices} of ${slicesTotal} slices of layer ${layer.id}`] : []),
    ...holdouts.map(({ id, slices }) => `holdout ${id} holds ${percent(slices / slicesTotal)} back`),
  ]
  if (parts.length === 0) return { name, status: 'pass', detail: 'All users of its rule take part.' }
  const text = parts.join(', and ')
  const detail = `${text[0]!.toUpperCase()}${text.slice(1)}: ${percent(share)} of the users of its rule take part.`
  return { name, status: 'pass', detail }
}

/** SDKs that decide by themselves cannot know slices with a salt. */
function bucketingFileCheck({ flagKey }: Experiment, { layer, holdouts }: TakingPart): Check {
  const name = 'bucketing-file'
  const why = [...(layer ? [`layer ${layer.id}`] : []), ...holdouts.map(({ id }) => `holdout ${id}`)].join(
    ' and ',
  )
  return why === ''
    ? {
        name,
        status: 'pass',
        detail: 'No layer or holdout takes its flag from SDKs that decide by themselves.',
      }
    : {
        name,
        status: 'warn',
        detail:
          `Because of ${why}, SDKs that decide by themselves do not get flag ${flagKey}: it is left out of the ` +
          `bucketing file and of Bucketeer's definitions. Their users get the code's default, and count nowhere.`,
      }
}

/** Those that its rule asks for. */
export function segmentsOf({ ruleId }: Experiment, flag: Flag | undefined): readonly string[] {
  const rule = flag?.rules.find(({ id }) => id === ruleId)
  return rule ? segmentsIn(rule.anyOf) : []
}
