// The shares that an experiment is judged by, as its flag has them when a phase begins.
import { bucketByOf } from '../model/bucket-by.ts'
import { type Experiment, type ExperimentPhase, expectedWeights, strategyOf } from '../model/experiment.ts'
import type { Flag, Strategy } from '../model/flag.ts'

export const partOf = ({ rules, defaultStrategy }: Flag, ruleId: string) =>
  [defaultStrategy, ...rules].find(({ id }) => id === ruleId)

/** By id, so that another order of shares is no change. */
export function weightsOf(strategy: Strategy): ExperimentPhase['weights'] {
  const weights = [...expectedWeights(strategy)].filter(([, weight]) => weight > 0)
  return Object.fromEntries(weights.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** How many different values the arms of a rollout have. */
export function valuesServed({ variations }: Flag, strategy: Strategy): number {
  const arms = Object.keys(weightsOf(strategy))
  return new Set(variations.flatMap(({ id, value }) => (arms.includes(id) ? [value] : []))).size
}

/** The first phase of an experiment on the flag; none if the rule is not a rollout. */
export function firstPhases(
  flag: Flag | undefined,
  { ruleId, startAt }: Pick<Experiment, 'ruleId' | 'startAt'>,
): ExperimentPhase[] | undefined {
  const strategy = flag && strategyOf(flag, ruleId)
  if (!flag || strategy?.kind !== 'rollout') return undefined
  const unitAttribute = bucketByOf(flag, partOf(flag, ruleId)!)
  return [{ startAt, weights: weightsOf(strategy), ...(unitAttribute !== undefined && { unitAttribute }) }]
}
