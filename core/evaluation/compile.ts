// Compiles a snapshot, once per revision and isolate: operands are parsed, all possible evaluations are
// built, and flags are ordered by dependency. Unreachable parts, such as the rules of a disabled flag, are
// left out. A flag is prepared when it is first requested, so that a new isolate answers for one flag without
// preparing the others.
import { compileGroups, type CompileScope, makeCompileScope } from './compiled-condition.ts'
import { compileSegments } from './compile-segments.ts'
import { type EvaluationFactory, evaluationFactory, failure } from './evaluation-factory.ts'
import { type ConditionalRule, type DecisionNode, buildDecisionGraph } from './decision-node.ts'
import type { Cause, Evaluation } from './evaluation.ts'
import type { Flag, Slice } from '../model/flag.ts'
import type { Members } from '../model/members.ts'
import { dependencyOrder } from './dependency-order.ts'
import { effectiveFlags } from './panic-mode.ts'
import { makeContextReader, type ContextReader } from './context-reader.ts'
import type { Snapshot, SnapshotKey } from '../model/snapshot.ts'
import { coversEverybody } from './slice.ts'
import { compileStrategy } from './compile-strategy.ts'
import { problemInFlag } from './unknown-values.ts'
import { visitDependenciesFirst } from '../model/visit-dependencies.ts'

export interface CompiledFlag {
  readonly index: number
  readonly flag: Flag
  /** False for archived flags: they are evaluated only as dependencies of others. */
  readonly isServed: boolean
  /** Indexes of the flags that it names itself. `closureOf` finds those that it depends on through others. */
  readonly dependsOn: readonly number[]
  /** What `closureOf` found, unless it is long. */
  closure: readonly number[] | undefined
  /** Whether the fields below are filled in. */
  isPrepared: boolean
  /**
   * Set if the result is the same for every context: the flag is broken, disabled, or fixed without
   * targeting.
   */
  constant: Evaluation | undefined
  gates: Gates | undefined
  /** Root of the graph that finds a rule; undefined if no rule is ever evaluated. */
  decisionGraph: DecisionNode | undefined
  /** Of flags with a rollout: the result for a context without a targeting key. */
  targetingKeyMissing: Evaluation | undefined
  /** The result for a request that has no steps left for it (steps.ts). Made when it first happens. */
  usedUp: Evaluation | undefined
}

/** Checks that come before the rules. */
export interface Gates {
  readonly prerequisites: readonly { readonly index: number; readonly variationId: string }[]
  readonly prerequisiteFailed: Evaluation | undefined
  /** Set if the flag is disabled; prerequisites are checked first. */
  readonly off: Evaluation | undefined
  /** By targeting key; undefined if the flag has no individual targets. */
  readonly targets: ReadonlyMap<string, Evaluation> | undefined
  /** Undefined if the flag applies to all users. */
  readonly slices:
    | { readonly of: readonly Slice[]; readonly outside: Evaluation; readonly keyMissing: Evaluation }
    | undefined
}

export interface CompiledSnapshot {
  /** Without flags that hold unknown values: files that SDKs evaluate are made from it. */
  readonly snapshot: Snapshot
  readonly environmentId: string
  readonly revision: number
  readonly flags: readonly CompiledFlag[]
  readonly byKey: ReadonlyMap<string, CompiledFlag>
  /** The same flags, each after its dependencies. */
  readonly dependenciesFirst: readonly CompiledFlag[]
  /** Indexes of the served flags by tag, filled on first use. The key `undefined` stands for all of them. */
  readonly servedIndexes: Map<string | undefined, readonly number[]>
  /** Whether any enabled flag keeps its assignments; if not, stored assignments need not be read. */
  readonly keepsAssignments: boolean
  /** SDK keys by the SHA-256 of their text, in hexadecimal. */
  readonly sdkKeys: ReadonlyMap<string, SnapshotKey>
  /**
   * What clauses refer to. Needed to prepare further flags, and by explanations, which compile each clause
   * again.
   */
  readonly scope: CompileScope
  /** Whether all flags are prepared. */
  isPrepared: boolean
  readonly reader: ContextReader
}

/** `members` holds uploaded segment members, which are stored apart from the snapshot, by segment key. */
export function compile(
  snapshot: Snapshot,
  members: ReadonlyMap<string, Members> = new Map(),
): CompiledSnapshot {
  const flagIndexes = new Map<string, number>()
  snapshot.flags.forEach(({ key }, index) => flagIndexes.set(key, index))
  const scope = makeCompileScope(flagIndexes)
  const segmentProblems = compileSegments(snapshot.segments, members, scope)
  const effective = effectiveFlags(snapshot)
  const unknown = new Map<number, string>()
  effective.forEach((flag, index) => {
    const problem = problemInFlag(flag, segmentProblems)
    if (problem !== undefined) unknown.set(index, problem)
  })
  const { order, dependsOn, messages } = dependencyOrder(effective, flagIndexes, unknown)
  const flags = effective.map((flag, index) =>
    toCompiledFlag(flag, index, dependsOn[index]!, messages[index]),
  )
  const byKey = new Map<string, CompiledFlag>()
  for (const compiled of flags) byKey.set(compiled.flag.key, compiled)
  return {
    snapshot:
      unknown.size > 0
        ? { ...snapshot, flags: snapshot.flags.filter((_, index) => messages[index] === undefined) }
        : snapshot,
    environmentId: snapshot.environmentId,
    revision: snapshot.revision,
    flags,
    byKey,
    dependenciesFirst: order.map((index) => flags[index]!),
    servedIndexes: new Map(),
    keepsAssignments: flags.some(({ flag }) => flag.assignment !== undefined && flag.enabled),
    sdkKeys: new Map(snapshot.sdkKeys.map((key) => [key.sha256, key])),
    scope,
    isPrepared: false,
    reader: makeContextReader(),
  }
}

const toCompiledFlag = (
  flag: Flag,
  index: number,
  dependsOn: readonly number[],
  message: string | undefined,
): CompiledFlag => ({
  index,
  flag,
  isServed: !flag.archived,
  dependsOn,
  closure: undefined,
  isPrepared: message !== undefined,
  constant: message === undefined ? undefined : failure(flag.key, flag, 'GENERAL', message),
  gates: undefined,
  decisionGraph: undefined,
  targetingKeyMissing: undefined,
  usedUp: undefined,
})

/**
 * Prepares a flag and its dependencies. Must not be called during an evaluation: values that it has already
 * read would miss operands added here.
 */
export function prepare({ flags, scope }: CompiledSnapshot, requested: CompiledFlag): void {
  for (const index of closureOf(flags, requested)) prepareOne(flags[index]!, scope)
  prepareOne(requested, scope)
}

/** Longer closures are found anew each time: kept for each flag of a chain, they would take its square. */
const closureKeptMax = 256

/** The indexes of all flags that a flag depends on, each after its own dependencies. */
export function closureOf(flags: readonly CompiledFlag[], flag: CompiledFlag): readonly number[] {
  if (flag.closure) return flag.closure
  const { dependsOn } = flag
  const closure: number[] = []
  visitDependenciesFirst(
    dependsOn,
    (index) => flags[index]!.dependsOn,
    (index) => closure.push(index),
  )
  if (closure.length <= closureKeptMax) flag.closure = closure
  return closure
}

export function prepareAll(compiled: CompiledSnapshot): void {
  for (const flag of compiled.flags) prepareOne(flag, compiled.scope)
  compiled.scope.conditions.clear() // no flag is left to share conditions with
  compiled.isPrepared = true
}

function prepareOne(compiled: CompiledFlag, scope: CompileScope): void {
  if (compiled.isPrepared) return
  compiled.isPrepared = true
  const { flag } = compiled
  const makeEvaluation = evaluationFactory(flag)
  const gates = compileGates(flag, makeEvaluation, scope)
  if (!flag.enabled) {
    if (flag.prerequisites.length > 0) compiled.gates = gates
    else compiled.constant = gates!.off
    return
  }
  const rules = compileRules(flag, makeEvaluation, scope)
  const [first] = rules
  if (!gates && rules.length === 1 && first && !first.rule.rollout) {
    compiled.constant = first.rule.fallback
    return
  }
  compiled.gates = gates
  compiled.decisionGraph = buildDecisionGraph(rules)
  if (rules.some(({ rule }) => rule.rollout)) compiled.targetingKeyMissing = keyMissing(flag)
}

function compileGates(
  flag: Flag,
  makeEvaluation: EvaluationFactory,
  { flagIndexes }: CompileScope,
): Gates | undefined {
  const { enabled, prerequisites, targets, slices, offVariationId } = flag
  const isSliced = enabled && slices !== undefined && !coversEverybody(slices)
  if (enabled && prerequisites.length + targets.length === 0 && !isSliced) return undefined
  return {
    prerequisites: prerequisites.map(({ flagKey, variationId }) => ({
      index: flagIndexes.get(flagKey) ?? -1,
      variationId,
    })),
    prerequisiteFailed:
      prerequisites.length > 0
        ? makeEvaluation(prerequisite, 'PREREQUISITE_FAILED', offVariationId)
        : undefined,
    off: enabled ? undefined : makeEvaluation(off, 'DISABLED', offVariationId),
    targets: enabled && targets.length > 0 ? compileTargets(flag, makeEvaluation) : undefined,
    slices: isSliced
      ? { of: slices, outside: makeEvaluation(slice, 'SPLIT', undefined), keyMissing: keyMissing(flag) }
      : undefined,
  }
}

const off: Cause = { kind: 'off' }
const prerequisite: Cause = { kind: 'prerequisite' }
const target: Cause = { kind: 'target' }
const slice: Cause = { kind: 'slice' }

const keyMissing = (flag: Flag): Evaluation =>
  failure(
    flag.key,
    flag,
    'TARGETING_KEY_MISSING',
    'this flag is split by targeting key, and the context has none',
  )

/** Bucketeer: targets are read in order, so the first entry that lists a user wins. */
function compileTargets(flag: Flag, makeEvaluation: EvaluationFactory): ReadonlyMap<string, Evaluation> {
  const targets = new Map<string, Evaluation>()
  for (const { variationId, targetingKeys } of flag.targets) {
    const evaluation = makeEvaluation(target, 'TARGETING_MATCH', variationId)
    for (const key of targetingKeys) if (!targets.has(key)) targets.set(key, evaluation)
  }
  return targets
}

/** The rules in order, with the default strategy last. */
function compileRules(
  flag: Flag,
  makeEvaluation: EvaluationFactory,
  scope: CompileScope,
): readonly ConditionalRule[] {
  const { rules, defaultStrategy } = flag
  const hasTargeting = rules.length + flag.targets.length + flag.prerequisites.length > 0
  const defaultRule = compileStrategy(
    flag,
    { kind: 'default', ruleId: defaultStrategy.id },
    defaultStrategy,
    hasTargeting ? 'DEFAULT' : 'STATIC',
    makeEvaluation,
    scope,
  )
  return [
    ...rules.map((rule) => ({
      anyOf: compileGroups(rule.anyOf, scope),
      rule: compileStrategy(
        flag,
        { kind: 'rule', ruleId: rule.id },
        rule,
        'TARGETING_MATCH',
        makeEvaluation,
        scope,
      ),
    })),
    { anyOf: undefined, rule: defaultRule },
  ]
}
