// Compiles a flag's rules into nodes that lead from one clause to the next. A rule is compiled when an
// evaluation first comes to it, and its strategy when it first decides: a new isolate so compiles no more
// than its first users meet.
import { bucketByOf } from '../model/bucket-by.ts'
import type { AnyOf } from '../model/clause.ts'
import type { Allocation, DefaultStrategy, Flag, Strategy } from '../model/flag.ts'
import { type HashPrefix, prefixOf } from '../hash/murmur3-x86-32.ts'
import { rangesOf } from '../model/rebalance.ts'
import { weightPerPercent, weightTotal } from '../model/limits.ts'
import { type CompileScope, type CompiledCondition, compileClause, slotOf } from './compiled-condition.ts'
import type { Slot } from './context-reader.ts'
import type { Cause, Evaluation, Reason } from './evaluation.ts'
import { type Decidable, makeEvaluation } from './evaluation-factory.ts'

/** A flag, as far as its rules are concerned. */
export interface RuleOwner extends Decidable {
  readonly scope: CompileScope
  /** By a rule's index, the last for the default strategy: its first node, once an evaluation came to it. */
  firstNodes: (DecisionNode | undefined)[]
}

export interface DecisionNode {
  /** Undefined if the rule matches. */
  readonly condition: CompiledCondition | undefined
  /** What follows if the condition holds. */
  readonly yes: DecisionNode | undefined
  /** What follows if not; undefined until an evaluation came to the next rule. */
  no: DecisionNode | undefined
  readonly rule: CompiledRule
}

type RuleCause = Cause & { readonly ruleId: string }

/** A rule or the default strategy. */
export interface CompiledRule {
  readonly index: number
  readonly source: DefaultStrategy
  /** Undefined until the rule first decides (`strategyOf`). */
  strategy: CompiledStrategy | undefined
}

export interface CompiledStrategy {
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

/** The first node of a rule, or after the last rule of the default strategy. */
export const firstNodeOf = (owner: RuleOwner, index: number): DecisionNode =>
  owner.firstNodes[index] ?? (owner.firstNodes[index] = compileRule(owner, index))

function compileRule(owner: RuleOwner, index: number): DecisionNode {
  const { flag, scope } = owner
  const source = flag.rules[index]
  if (source?.anyOf.length === 0) return firstNodeOf(owner, index + 1) // without groups, it never matches
  const rule = { index, source: source ?? flag.defaultStrategy, strategy: undefined }
  return linkGroups(source?.anyOf ?? noGroups, rule, scope)
}

const noGroups: AnyOf = []

/** Backwards, so that what a node leads to exists before it. Without groups, the rule always matches. */
function linkGroups(anyOf: AnyOf, rule: CompiledRule, scope: CompileScope): DecisionNode {
  const match: DecisionNode = { condition: undefined, yes: undefined, no: undefined, rule }
  let first: DecisionNode | undefined
  for (let i = anyOf.length - 1; i >= 0; i--) {
    const group = anyOf[i]!
    const no = first
    first = match
    for (let j = group.length - 1; j >= 0; j--)
      first = { condition: compileClause(group[j]!, scope), yes: first, no, rule }
  }
  return first ?? match
}

/** Makes the evaluations that the rule can give, once. */
export const strategyOf = (owner: RuleOwner, rule: CompiledRule): CompiledStrategy =>
  rule.strategy ?? (rule.strategy = compileStrategy(owner, rule))

function compileStrategy(owner: RuleOwner, { index, source }: CompiledRule): CompiledStrategy {
  const { strategy } = source
  const isDefault = index === owner.flag.rules.length
  const cause: RuleCause = { kind: isDefault ? 'default' : 'rule', ruleId: source.id }
  if (strategy.kind !== 'fixed') return compileRollout(owner, cause, source, strategy)
  const fallback = makeEvaluation(owner, cause, fixedReason(owner, cause), strategy.variationId)
  return { rollout: undefined, fallback }
}

/** The default strategy is a flag's only reason if nothing else can decide. */
function fixedReason({ flag: { rules, targets, prerequisites } }: Decidable, { kind }: Cause): Reason {
  if (kind === 'rule') return 'TARGETING_MATCH'
  return rules.length + targets.length + prerequisites.length > 0 ? 'DEFAULT' : 'STATIC'
}

function compileRollout(
  owner: RuleOwner,
  cause: RuleCause,
  { bucketBy }: DefaultStrategy,
  strategy: Extract<Strategy, { kind: 'rollout' }>,
): CompiledStrategy {
  const { flag, scope } = owner
  const { audience } = strategy
  const unitName = bucketByOf(flag, { bucketBy })
  const ranges = rangesOf(strategy)
  const unit = unitOf(flag.allocation)
  const cuts: number[] = new Array(ranges.length)
  const evaluations: Evaluation[] = new Array(ranges.length)
  let cumulative = 0
  for (let i = 0; i < ranges.length; i++) {
    const { variationId, weight } = ranges[i]!
    cuts[i] = (cumulative += weight) / unit
    const known = ranges.findIndex((range) => range.variationId === variationId)
    evaluations[i] = evaluations[known] ?? makeEvaluation(owner, cause, 'SPLIT', variationId)
  }
  // Weights that add up to the total leave no remainder: the last share also gets a fraction that rounds to
  // 1.
  const last = cumulative >= weightTotal ? evaluations.at(-1) : undefined
  // Bucketeer: an audience of 0 or 100 percent excludes nobody.
  const isFiltered = audience !== undefined && audience.percentage > 0 && audience.percentage < 100
  return {
    rollout: {
      cuts,
      evaluations,
      input: hashInput(flag, cause.ruleId, ''),
      audience: isFiltered
        ? {
            cut: (audience.percentage * weightPerPercent) / unit,
            input: hashInput(flag, cause.ruleId, 'traffic-'),
            evaluation: makeEvaluation(owner, cause, 'SPLIT', audience.defaultVariationId),
          }
        : undefined,
      unit: unitName === undefined ? undefined : slotOf(unitName, scope),
      unitMissing: unitName === undefined ? undefined : makeEvaluation(owner, cause, 'DEFAULT', undefined),
    },
    fallback: last ?? makeEvaluation(owner, cause, 'SPLIT', undefined),
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
