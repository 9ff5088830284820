// What a rule, or the default strategy, comes to: one answer, or a split by targeting key with its cuts.
import type { EvaluationFactory } from './evaluation-factory.ts'
import type { Cause, Evaluation, Reason } from './evaluation.ts'
import type { Allocation, Flag, Strategy } from '../model/flag.ts'
import { type Prefix, prefixOf } from '../hash/murmur3-x86-32.ts'
import { rangesOf } from '../model/rebalance.ts'
import { weightPerPercent, weightTotal } from '../model/limits.ts'

/** What a rule, or the default strategy, answers. */
export interface CompiledRule {
  readonly id: string
  /** Undefined where the strategy is fixed. */
  readonly rollout: Rollout | undefined
  /** The answer of a fixed strategy, and of a rollout's untracked remainder. */
  readonly fallback: Evaluation
}

export interface Rollout {
  /** Cumulative weights: a bucket belongs to the first share that it lies below. Of percent allocation in percents. */
  readonly cuts: readonly number[]
  /** One for each cut. */
  readonly evaluations: readonly Evaluation[]
  readonly input: HashInput
  readonly audience: Audience | undefined
}

/** What is hashed around the targeting key: `rule id` before it in percent allocation, `flag key-` and `-seed` in fine allocation. */
export interface HashInput {
  readonly before: string
  readonly after: string
  /** Of percent allocation: the state of the hash after `before`. */
  readonly prefix: Prefix | undefined
}

export interface Audience {
  /** Below it, a targeting key takes part; in the unit of `cuts`. */
  readonly cut: number
  readonly input: HashInput
  readonly evaluation: Evaluation
}

export function compileStrategy(
  flag: Flag,
  cause: Cause & { ruleId: string },
  strategy: Strategy,
  fixedReason: Reason,
  answer: EvaluationFactory,
): CompiledRule {
  if (strategy.kind === 'fixed')
    return {
      id: cause.ruleId,
      rollout: undefined,
      fallback: answer(cause, fixedReason, strategy.variationId),
    }
  const split = (variationId: string | undefined) => answer(cause, 'SPLIT', variationId)
  const { audience } = strategy
  const pieces = rangesOf(strategy)
  const unit = unitOf(flag.allocation)
  let cumulative = 0
  const cuts = pieces.map(({ weight }) => (cumulative += weight) / unit)
  const made = new Map<string | undefined, Evaluation>()
  const evaluations = pieces.map(({ variationId }) => {
    const evaluation = made.get(variationId) ?? split(variationId)
    made.set(variationId, evaluation)
    return evaluation
  })
  // Weights that sum to the whole leave no remainder: the last share closes the interval, also for a fraction that rounds to 1.
  const last = cumulative >= weightTotal ? evaluations.at(-1) : undefined
  const isFiltered = audience !== undefined && audience.percentage > 0 && audience.percentage < 100 // Bucketeer: 0 and 100 filter nobody
  return {
    id: cause.ruleId,
    rollout: {
      cuts,
      evaluations,
      input: hashInput(flag, cause.ruleId, ''),
      audience: isFiltered
        ? {
            cut: (audience.percentage * weightPerPercent) / unit,
            input: hashInput(flag, cause.ruleId, 'traffic-'),
            evaluation: split(audience.defaultVariationId),
          }
        : undefined,
    },
    fallback: last ?? split(undefined),
  }
}

/** Weight units in one unit of a bucket. */
export const unitOf = (allocation: Allocation) => (allocation === 'percent' ? weightPerPercent : 1)

function hashInput({ allocation, key, seed }: Flag, ruleId: string, salt: string): HashInput {
  const before = salt + (allocation === 'percent' ? ruleId : `${key}-`)
  return {
    before,
    after: allocation === 'percent' ? '' : `-${seed}`,
    prefix: allocation === 'percent' ? prefixOf(before) : undefined,
  }
}
