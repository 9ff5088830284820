// What a layer or a holdout names must exist, and a layer takes in only rollouts that nothing else decides
// on: one check, for commands and for documents.
import { bucketByOf } from '../model/bucket-by.ts'
import { isAllocationOpen } from '../model/dynamic-allocation.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import { strategyOf } from '../model/experiment.ts'
import { type Holdout, isHoldoutOpen } from '../model/holdout.ts'
import type { Layer, RuleOfFlag } from '../model/layer.ts'
import type { FieldProblem, FieldRule } from '../model/problem.ts'
import { isRolloutOpen } from '../model/progressive-rollout.ts'
import { partOf } from './experiment-phases.ts'
import { missing } from './missing.ts'

/** `code`: whether the rule cannot be in a layer at all, or something is in the way. */
export interface AllotmentObstacle {
  readonly code: 'INVALID' | 'CONFLICT'
  readonly path: 'flagKey' | 'ruleId'
  readonly rule?: FieldRule
  readonly message: string
}

/** Why the layer cannot take the rule in; undefined if it can. */
export function allotmentObstacle(
  state: EnvironmentState,
  layerId: string,
  { flagKey, ruleId }: RuleOfFlag,
): AllotmentObstacle | undefined {
  const flag = state.flag.get(flagKey)
  const invalid = (path: AllotmentObstacle['path'], rule: FieldRule, message: string) =>
    ({ code: 'INVALID', path, rule, message }) as const
  if (!flag) return invalid('flagKey', 'unknown-flag', `names no flag: there is no ${flagKey}`)
  const part = partOf(flag, ruleId)
  if (part?.strategy.kind !== 'rollout')
    return invalid('ruleId', 'unknown-rollout', 'names no percentage rollout of the flag')
  if (bucketByOf(flag, part) !== undefined)
    return invalid('ruleId', 'bucket-by', 'names a rollout that splits by an attribute: slices are of users')
  const message = decidedElsewhere(state, layerId, { flagKey, ruleId })
  return message === undefined ? undefined : { code: 'CONFLICT', path: 'ruleId', message }
}

/** What else decides who gets the rule. */
function decidedElsewhere(
  state: EnvironmentState,
  layerId: string,
  { flagKey, ruleId }: RuleOfFlag,
): string | undefined {
  const isOn = (each: RuleOfFlag) => each.flagKey === flagKey && each.ruleId === ruleId
  const other = [...state.layer.values()].find(
    ({ id, allotments }) => id !== layerId && allotments.some(isOn),
  )
  if (other) return `the rule has slices of layer ${other.id}: a rule is in one layer`
  const rollout = [...state.progressiveRollout.values()].find((each) => isOn(each) && isRolloutOpen(each))
  if (rollout) return `progressive rollout ${rollout.id} is open on the rule: stop it first`
  const allocation = [...state.dynamicAllocation.values()].find(
    (each) => isOn(each) && isAllocationOpen(each),
  )
  return allocation && `dynamic allocation ${allocation.id} is open on the rule: stop it first`
}

/** Rules that the layer has already may have become what it would not take in: they keep their slices. */
export function layerProblems(
  state: EnvironmentState,
  { id, allotments }: Layer,
  before: Layer | undefined,
): FieldProblem[] {
  return allotments.flatMap(({ outsideVariationId, ...rollout }, i): FieldProblem[] => {
    const found = rolloutProblems(state, `allotments.${i}`, rollout, outsideVariationId)
    const isKnown = before?.allotments.some(
      (each) => each.flagKey === rollout.flagKey && each.ruleId === rollout.ruleId,
    )
    if (found.length > 0 || isKnown) return found
    const obstacle = allotmentObstacle(state, id, rollout)
    if (!obstacle) return []
    const { path, rule, message } = obstacle
    return [{ path: `allotments.${i}.${path}`, ...(rule && { rule }), message }]
  })
}

export function holdoutProblems(state: EnvironmentState, holdout: Holdout): FieldProblem[] {
  const { flagKeys = [], goalKeys, held, startAt, stopAt } = holdout
  return [
    ...flagKeys.flatMap((key, i) => missing(state, 'flag', `flagKeys.${i}`, key)),
    ...goalKeys.flatMap((key, i) => missing(state, 'goal', `goalKeys.${i}`, key)),
    ...(isHoldoutOpen(holdout)
      ? held.flatMap(({ variationId, ...rule }, i) => rolloutProblems(state, `held.${i}`, rule, variationId))
      : []),
    ...(stopAt > startAt || !isHoldoutOpen(holdout)
      ? []
      : [{ path: 'stopAt', rule: 'order-of-time' as const, message: 'must be after startAt' }]),
  ]
}

function rolloutProblems(
  state: EnvironmentState,
  path: string,
  { flagKey, ruleId }: RuleOfFlag,
  variationId: string | undefined,
): FieldProblem[] {
  const flag = state.flag.get(flagKey)
  if (!flag) return missing(state, 'flag', `${path}.flagKey`, flagKey)
  if (!strategyOf(flag, ruleId))
    return [{ path: `${path}.ruleId`, rule: 'unknown-rollout', message: `is no rule of flag ${flagKey}` }]
  if (variationId === undefined || flag.variations.some(({ id }) => id === variationId)) return []
  const message = `flag ${flagKey} has no variation ${variationId}`
  return [{ path, rule: 'unknown-variation', message }]
}
