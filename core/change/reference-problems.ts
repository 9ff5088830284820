// Checks that the entities to which another one refers exist. Those of flags are in references.ts.
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import { type Experiment, primaryGoalOf, strategyOf } from '../model/experiment.ts'
import type { ProgressiveRollout } from '../model/progressive-rollout.ts'
import { valuesServed } from './experiment-phases.ts'
import type { FieldProblem } from '../model/problem.ts'
import { holdoutProblems, layerProblems } from './hold-back-problems.ts'
import { missing } from './missing.ts'
import { operationProblems } from './operation-problems.ts'
import { referenceProblems as flagProblems, segmentReferenceProblems } from './references.ts'

/** `state` is after the write, and `before` without it. */
export function writeProblems(
  state: EnvironmentState,
  write: Write,
  before: EnvironmentState,
): FieldProblem[] {
  if (write.value === null) return []
  switch (write.kind) {
    case 'flag':
      return flagProblems(state, write.value, before.flag.get(write.id))
    case 'segment':
      return segmentReferenceProblems(state, write.value, before.segment.get(write.id))
    case 'experiment':
      return [
        ...experimentProblems(state, write.value),
        ...repeatedGoals(write.value, before.experiment.get(write.id)),
      ]
    case 'operation':
      return operationProblems(state, write.value, before.operation.get(write.id))
    case 'trigger':
    case 'schedule':
      return missing(state, 'flag', 'flagKey', write.value.flagKey)
    case 'dynamicAllocation':
      return [
        ...missing(state, 'flag', 'flagKey', write.value.flagKey),
        ...missing(state, 'goal', 'goalKey', write.value.goalKey),
      ]
    case 'layer':
      return layerProblems(state, write.value, before.layer.get(write.id))
    case 'holdout':
      return holdoutProblems(state, write.value)
    case 'progressiveRollout':
      return [
        ...missing(state, 'flag', 'flagKey', write.value.flagKey),
        ...stepGuardrailProblems(state, write.value),
      ]
    default:
      return []
  }
}

function experimentProblems(state: EnvironmentState, experiment: Experiment): FieldProblem[] {
  const { flagKey, ruleId, baselineVariationId, goalKeys, startAt, stopAt, design, status } = experiment
  const found = missing(state, 'flag', 'flagKey', flagKey)
  const flag = state.flag.get(flagKey)
  const strategy = flag && strategyOf(flag, ruleId)
  const shares = strategy?.kind === 'rollout' ? strategy.shares : undefined
  if (flag && !shares)
    found.push({
      path: 'ruleId',
      rule: 'unknown-rollout',
      message: 'names no percentage rollout of the flag',
    })
  if (shares && !shares.some(({ variationId }) => variationId === baselineVariationId))
    found.push({
      path: 'baselineVariationId',
      rule: 'unknown-variation',
      message: 'is no variation of the rollout',
    })
  if (design?.aa && status !== 'draft' && flag && strategy && valuesServed(flag, strategy) > 1)
    found.push({ path: 'design.aa', message: 'an A/A test needs variations of equal value' })
  goalKeys.forEach((key, i) => found.push(...missing(state, 'goal', `goalKeys.${i}`, key)))
  found.push(...guardrailProblems(experiment))
  if (stopAt <= startAt)
    found.push({ path: 'stopAt', rule: 'order-of-time', message: 'must be after startAt' })
  const { exposuresUntil } = experiment
  if (exposuresUntil !== undefined && (exposuresUntil <= startAt || exposuresUntil > stopAt)) {
    const message = 'must be after startAt, and not after stopAt'
    found.push({ path: 'exposuresUntil', rule: 'order-of-time', message })
  }
  return found
}

/** What a step waits for must be able to come: an operation that watches its variation. */
function stepGuardrailProblems(
  state: EnvironmentState,
  { flagKey, variationId, steps, stepsMade }: ProgressiveRollout,
): FieldProblem[] {
  return steps.flatMap(({ guardrails = [] }, s) =>
    guardrails.flatMap((id, g): FieldProblem[] => {
      const path = `steps.${s}.guardrails.${g}`
      if (s < stepsMade - 1) return [] // it is over
      if (guardrails.indexOf(id) !== g) return [{ path, rule: 'duplicate', message: `names ${id} again` }]
      const operation = state.operation.get(id)
      if (!operation) return missing(state, 'operation', path, id)
      const isWatched = operation.flagKey === flagKey && operation.variationId === variationId
      const message = `operation ${id} does not watch variation ${variationId} of flag ${flagKey}`
      return isWatched ? [] : [{ path, rule: 'other-flag', message }]
    }),
  )
}

/** A guardrail cannot be taken off with its goal: the design, which is fixed, would go on naming it. */
function guardrailProblems(experiment: Experiment): FieldProblem[] {
  const { goalKeys, design } = experiment
  const keys = design?.guardrails?.map(({ goalKey }) => goalKey) ?? []
  return keys.flatMap((key, i): FieldProblem[] => {
    const path = `design.guardrails.${i}.goalKey`
    if (!goalKeys.includes(key))
      return [{ path, rule: 'unknown-goal', message: `${key} is no goal of the experiment` }]
    if (key === primaryGoalOf(experiment))
      return [{ path, message: `${key} is the primary goal, which decides and guards nothing` }]
    return keys.indexOf(key) === i ? [] : [{ path, rule: 'duplicate', message: `${key} is listed twice` }]
  })
}

/** Each is a question of its own: twice, it would be corrected for twice. Earlier releases stored such. */
function repeatedGoals({ goalKeys }: Experiment, before: Experiment | undefined): FieldProblem[] {
  if (before && JSON.stringify(before.goalKeys) === JSON.stringify(goalKeys)) return []
  return goalKeys.flatMap((key, i) =>
    goalKeys.indexOf(key) === i
      ? []
      : [{ path: `goalKeys.${i}`, rule: 'duplicate', message: `goal ${key} is listed twice` }],
  )
}
