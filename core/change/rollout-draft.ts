// Checks a progressive rollout when it is written, so that all of its steps can be made.
import { allotmentOn } from '../model/layer.ts'
import type { Entities, EnvironmentState } from '../model/environment-state.ts'
import { isOpenAt } from '../model/experiment.ts'
import type { Flag, Strategy } from '../model/flag.ts'
import { weightPerPercent, weightTotal } from '../model/limits.ts'
import {
  type ProgressiveRollout,
  type RolloutStep,
  endsOf,
  isRolloutOpen,
} from '../model/progressive-rollout.ts'
import { type FieldProblem, type Result, ok, refuse } from '../model/problem.ts'
import type { ChangeContext } from './entity.ts'
import { partOf } from './experiment-phases.ts'

interface Wanted {
  readonly id: string
  readonly flagKey: string
  readonly ruleId?: string | undefined
  readonly variationId: string
  /** Null: users who get no variation. Absent: whoever is the only other end. */
  readonly fromVariationId?: string | null | undefined
}

export type Place = Pick<ProgressiveRollout, 'ruleId' | 'variationId' | 'fromVariationId'>

/** The rule and both ends, on a flag that can carry the rollout. */
export function placeOf(state: EnvironmentState, wanted: Wanted, context: ChangeContext): Result<Place> {
  const { id, flagKey, variationId, fromVariationId } = wanted
  const flag = state.flag.get(flagKey)
  if (!flag)
    return invalid([{ path: 'flagKey', rule: 'unknown-flag', message: `there is no flag ${flagKey}` }])
  const ruleId = wanted.ruleId ?? flag.defaultStrategy.id
  const part = partOf(flag, ruleId)
  if (!part)
    return invalid([{ path: 'ruleId', rule: 'unknown-rollout', message: 'names no rule of the flag' }])
  const unknown = unknownVariations(flag, { variationId, fromVariationId })
  if (unknown.length > 0) return invalid(unknown)
  const obstacle = obstacleOf(state, flag, ruleId, id, context)
  if (obstacle !== undefined) return refuse('CONFLICT', obstacle)
  const from = fromVariationId === undefined ? onlyOtherEnd(part.strategy, variationId) : ok(fromVariationId)
  if (!from.ok) return from
  return ok({ ruleId, variationId, ...(from.value !== null && { fromVariationId: from.value }) })
}

const invalid = (fields: readonly FieldProblem[]) =>
  refuse('INVALID', `the progressive rollout is not valid: ${fields[0]!.path} ${fields[0]!.message}`, {
    fields,
  })

function unknownVariations(flag: Flag, ids: Pick<Wanted, 'variationId' | 'fromVariationId'>): FieldProblem[] {
  const isKnown = (id: unknown) => typeof id !== 'string' || flag.variations.some((each) => each.id === id)
  const unknown = Object.entries(ids).flatMap(([path, id]): FieldProblem[] =>
    isKnown(id) ? [] : [{ path, rule: 'unknown-variation', message: `names no variation of the flag` }],
  )
  if (ids.variationId !== ids.fromVariationId) return unknown
  return [...unknown, { path: 'fromVariationId', rule: 'duplicate', message: 'is the variation itself' }]
}

function obstacleOf(
  state: EnvironmentState,
  flag: Flag,
  ruleId: string,
  id: string,
  { now }: ChangeContext,
): string | undefined {
  if (flag.archived) return `flag ${flag.key} is archived`
  if (flag.assignment)
    return `flag ${flag.key} lets users keep their variation, so that neither steps nor a rollback would move them`
  const isHere = (other: { flagKey: string; ruleId: string }) =>
    other.flagKey === flag.key && other.ruleId === ruleId
  const other = [...state.progressiveRollout.values()].find(
    (each) => each.id !== id && isHere(each) && isRolloutOpen(each),
  )
  if (other) return `progressive rollout ${other.id} is ${other.status} on this rule: stop it first`
  const allotted = allotmentOn(state.layer.values(), flag.key, ruleId)
  if (allotted)
    return `layer ${allotted.layer.id} keeps users out of this rule, whom no step would reach: release its slices first`
  const experiment = [...state.experiment.values()].find((each) => isHere(each) && isOpenAt(each, now))
  if (experiment) return `experiment ${experiment.id} needs shares that stay: stop it first`
  return undefined
}

/** Null: users without a variation. */
function onlyOtherEnd(strategy: Strategy, variationId: string): Result<string | null> {
  const shares = strategy.kind === 'rollout' ? strategy.shares : [{ ...strategy, weight: weightTotal }]
  const given = shares.reduce((sum, { weight }) => sum + weight, 0)
  const others = [
    ...shares.flatMap((share) =>
      share.weight > 0 && share.variationId !== variationId ? [share.variationId] : [],
    ),
    ...(given < weightTotal ? [null] : []),
  ]
  if (others.length === 1) return ok(others[0]!)
  const message =
    others.length === 0
      ? `is needed: all users of the rule get ${variationId} already`
      : `is needed: ${others.map((other) => other ?? 'null (no variation)').join(', ')} have users`
  return invalid([{ path: 'fromVariationId', message }])
}

/** Each step must give the variation to more users than the one before, and to no more than there are. */
export function stepProblems(
  flag: Flag,
  strategy: Strategy,
  place: Place,
  steps: readonly RolloutStep[],
): FieldProblem[] {
  const { variation, from } = endsOf(strategy, place)
  const most = variation + from
  return steps.flatMap(({ weight }, i): FieldProblem[] => {
    const path = `steps.${i}.weight`
    const least = steps[i - 1]?.weight ?? variation
    if (weight <= least)
      return [{ path, message: `must be more than ${least}, which its users have before it` }]
    if (weight > most) return [{ path, rule: 'weights-sum', message: `both ends together have ${most}` }]
    if (flag.allocation === 'percent' && weight % weightPerPercent !== 0)
      return [
        {
          path,
          rule: 'whole-percents',
          message: 'percent allocation needs whole percents (multiples of 1000)',
        },
      ]
    return []
  })
}

/** Refuses steps that could not be made, with all reasons. */
export function checkSteps(
  state: EnvironmentState,
  rollout: Place & Pick<Entities['progressiveRollout'], 'flagKey' | 'steps' | 'before'>,
): Result<undefined> {
  const flag = state.flag.get(rollout.flagKey)
  const strategy = rollout.before ?? (flag && partOf(flag, rollout.ruleId)?.strategy)
  if (!flag || !strategy) return refuse('NOT_FOUND', `there is no flag ${rollout.flagKey}`)
  const problems = stepProblems(flag, strategy, rollout, rollout.steps)
  return problems.length > 0 ? invalid(problems) : ok(undefined)
}
