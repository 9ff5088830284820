// Checks an operation against its environment: what it names exists, and it can fire at all.
import type { Entities, EnvironmentState } from '../model/environment-state.ts'
import { actionDefault } from '../model/operation.ts'
import type { FieldProblem } from '../model/problem.ts'
import { missing } from './missing.ts'

type Operation = Entities['operation']

/** `before` is the operation as it was; undefined for a new one. */
export const operationProblems = (
  state: EnvironmentState,
  operation: Operation,
  before: Operation | undefined,
): FieldProblem[] => [
  ...missing(state, 'flag', 'flagKey', operation.flagKey),
  ...variationProblems(state, operation),
  ...offProblems(state, operation, before),
  ...missing(state, 'goal', 'goalKey', operation.goalKey),
  ...experimentProblems(state, operation),
  ...baselineProblems(state, operation, before),
  ...thresholdProblems(operation),
]

function variationProblems(state: EnvironmentState, operation: Operation): FieldProblem[] {
  const { flagKey, variationId, baselineVariationId, action } = operation
  const flag = state.flag.get(flagKey)
  if (!flag) return []
  const served = action?.kind === 'serve' ? action.variationId : undefined
  const named = { variationId, baselineVariationId, 'action.variationId': served }
  const unknown = Object.entries(named).filter(
    ([, each]) => each !== undefined && !flag.variations.some(({ id }) => id === each),
  )
  const found = unknown.map(([path]) => ({
    path,
    rule: 'unknown-variation',
    message: 'is no variation of the flag',
  }))
  if (served === variationId)
    found.push({ path: 'action.variationId', rule: 'duplicate', message: 'is the variation that is watched' })
  return found
}

/** Who has what the flag serves when it is off gains nothing from turning it off. This may come about. */
function offProblems(
  state: EnvironmentState,
  { flagKey, variationId, action = actionDefault }: Operation,
  before: Operation | undefined,
): FieldProblem[] {
  if (action.kind !== 'disable' || state.flag.get(flagKey)?.offVariationId !== variationId) return []
  const isAsBefore =
    before?.variationId === variationId && (before.action ?? actionDefault).kind === 'disable'
  const message = 'is what the flag serves when it is off: turning it off would change nothing'
  return isAsBefore ? [] : [{ path: 'variationId', rule: 'off-variation', message }]
}

function experimentProblems(state: EnvironmentState, { action, flagKey }: Operation): FieldProblem[] {
  if (action?.kind !== 'stop-experiment') return []
  const [path, experiment] = ['action.experimentId', state.experiment.get(action.experimentId)]
  if (!experiment) return missing(state, 'experiment', path, action.experimentId)
  const message = `is an experiment on flag ${experiment.flagKey}`
  return experiment.flagKey === flagKey ? [] : [{ path, rule: 'other-flag', message }]
}

/** Of one that exists, the rollout may go and come back: it watches again then. */
function baselineProblems(
  state: EnvironmentState,
  operation: Operation,
  before: Operation | undefined,
): FieldProblem[] {
  const { flagKey, variationId, baselineVariationId, share } = operation
  if (baselineVariationId === undefined)
    return (['difference', 'ruleId'] as const).flatMap((path) =>
      operation[path] === undefined
        ? []
        : [{ path, rule: 'needs-baseline', message: 'goes with baselineVariationId' }],
    )
  const path = 'baselineVariationId'
  if (baselineVariationId === variationId)
    return [{ path, rule: 'duplicate', message: 'is the variation that is watched' }]
  const message =
    'needs a rollout (ruleId) that gives both variations to users at random: by targeting key, without kept assignments'
  const isThere = state.flag.get(flagKey)?.variations.some(({ id }) => id === baselineVariationId)
  return before || share !== undefined || !isThere ? [] : [{ path, rule: 'no-rollout', message }]
}

/** Two shares are never further apart. Without a baseline, 1 is taken for practically everybody. */
function thresholdProblems({
  threshold,
  comparison,
  baselineVariationId,
  difference,
}: Operation): FieldProblem[] {
  const isInReach = threshold < 1 || (difference === 'relative' && comparison === 'at-least')
  if (baselineVariationId === undefined || isInReach) return []
  return [
    { path: 'threshold', rule: 'out-of-reach', message: 'is never passed: no two shares are so far apart' },
  ]
}
