// Compiles a strategy into what evaluation needs: one fixed evaluation, or a rollout with its cuts and hash
// input.
import type { EvaluationFactory } from './evaluation-factory.ts'
import type { Cause, Evaluation, Reason } from './evaluation.ts'
import { bucketByOf } from '../model/bucket-by.ts'
import { type CompileScope, slotOf } from './compiled-condition.ts'
import type { Slot } from './context-reader.ts'
import type { Allocation, DefaultStrategy, Flag } from '../model/flag.ts'
import { type HashPrefix, prefixOf } from '../hash/murmur3-x86-32.ts'
import { rangesOf } from '../model/rebalance.ts'
import { weightPerPercent, weightTotal } from '../model/limits.ts'

/** A rule or the default strategy. */
export interface CompiledRule {
  readonly id: string
  /** Undefined if the strategy is fixed. */
  readonly rollout: Rollout | undefined
  /** The result of a fixed strategy, or of a rollout's untracked remainder. */
  readonly fallback: Evaluation
}

export interface Rollout {
  /**
   * Cumulative weights: a bucket belongs to the first cut that it lies below. In percent for `percent`
   * allocation, in weight units (100,000 for everyone) for `fine`.
   */
  readonly cuts: readonly number[]
  /** One for each cut. */
  readonly evaluations: readonly Evaluation[]
  readonly input: HashInput
  readonly audience: Audience | undefined
  /** The attribute that is hashed; undefined: the targeting key. */
  readonly unit: Slot | undefined
  /** For a context without `unit`: no variation. */
  readonly unitMissing: Evaluation | undefined
}

/**
 * Texts hashed around the targeting key: the rule id before it (`percent`), or `flag key-` and `-seed`
 * (`fine`).
 */
export interface HashInput {
  readonly before: string
  readonly after: string
  /** For `percent` allocation: the state of the hash after `before`. */
  readonly prefix: HashPrefix | undefined
}

export interface Audience {
  /** A targeting key takes part if its bucket lies below; in the unit of `cuts`. */
  readonly cut: number
  readonly input: HashInput
  readonly evaluation: Evaluation
}

export function compileStrategy(
  flag: Flag,
  cause: Cause & { ruleId: string },
  { strategy, bucketBy }: Pick<DefaultStrategy, 'strategy' | 'bucketBy'>,
  fixedReason: Reason,
  makeEvaluation: EvaluationFactory,
  scope: CompileScope,
): CompiledRule {
  if (strategy.kind === 'fixed')
    return {
      id: cause.ruleId,
      rollout: undefined,
      fallback: makeEvaluation(cause, fixedReason, strategy.variationId),
    }
  const makeSplit = (variationId: string | undefined) => makeEvaluation(cause, 'SPLIT', variationId)
  const { audience } = strategy
  const unitName = bucketByOf(flag, { bucketBy })
  const ranges = rangesOf(strategy)
  const unit = unitOf(flag.allocation)
  let cumulative = 0
  const cuts = ranges.map(({ weight }) => (cumulative += weight) / unit)
  const byVariation = new Map<string | undefined, Evaluation>()
  const evaluations = ranges.map(({ variationId }) => {
    const evaluation = byVariation.get(variationId) ?? makeSplit(variationId)
    byVariation.set(variationId, evaluation)
    return evaluation
  })
  // Weights that add up to the total leave no remainder: the last share also gets a fraction that rounds to
  // 1.
  const last = cumulative >= weightTotal ? evaluations.at(-1) : undefined
  // Bucketeer: an audience of 0 or 100 percent excludes nobody.
  const isFiltered = audience !== undefined && audience.percentage > 0 && audience.percentage < 100
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
            evaluation: makeSplit(audience.defaultVariationId),
          }
        : undefined,
      unit: unitName === undefined ? undefined : slotOf(unitName, scope),
      unitMissing: unitName === undefined ? undefined : makeEvaluation(cause, 'DEFAULT', undefined),
    },
    fallback: last ?? makeSplit(undefined),
  }
}

/** Weight units in one unit of `Rollout.cuts`. */
export const unitOf = (allocation: Allocation) => (allocation === 'percent' ? weightPerPercent : 1)

function hashInput({ allocation, key, seed }: Flag, ruleId: string, salt: string): HashInput {
  const before = salt + (allocation === 'percent' ? ruleId : `${key}-`)
  return {
    before,
    after: allocation === 'percent' ? '' : `-${seed}`,
    prefix: allocation === 'percent' ? prefixOf(before) : undefined,
  }
}
