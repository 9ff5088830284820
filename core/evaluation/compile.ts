// Compiles a snapshot, once per revision and isolate: it is checked for what this version does not know, and
// flags are ordered by dependency. A flag is prepared when it is first evaluated, and each of its rules is
// compiled when an evaluation first comes to it (compile-rule.ts): what nobody meets costs nothing.
import { type CompileScope, makeCompileScope } from './compiled-condition.ts'
import { compileSegments } from './compile-segments.ts'
import { failure, makeEvaluation } from './evaluation-factory.ts'
import { type RuleOwner, firstNodeOf, strategyOf } from './compile-rule.ts'
import type { Cause, Evaluation } from './evaluation.ts'
import type { Flag, Slice } from '../model/flag.ts'
import type { Members } from '../model/members.ts'
import { dependencyOrder } from './dependency-order.ts'
import { effectiveFlags } from './panic-mode.ts'
import { makeContextReader, type ContextReader } from './context-reader.ts'
import type { Snapshot, SnapshotKey } from '../model/snapshot.ts'
import { coversEverybody } from './slice.ts'
import { problemInFlag } from './unknown-values.ts'
import { visitDependenciesFirst } from '../model/visit-dependencies.ts'

export interface CompiledFlag extends RuleOwner {
  readonly index: number
  /** False for archived flags: they are evaluated only as dependencies of others. */
  readonly isServed: boolean
  /** Indexes of the flags that it names itself. `closureOf` finds those that it depends on through others. */
  readonly dependsOn: readonly number[]
  /** What `closureOf` found, unless it is long. */
  closure: readonly number[] | undefined
  /** Whether `constant` and `gates` are filled in. */
  isPrepared: boolean
  /**
   * Set if the result is the same for every context: the flag is broken, disabled, or fixed without
   * targeting.
   */
  constant: Evaluation | undefined
  gates: Gates | undefined
  /** The result of a rollout for a context without a targeting key. Made when it first happens. */
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
  readonly scope: CompileScope
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
    toCompiledFlag(flag, index, scope, dependsOn[index]!, messages[index]),
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
    reader: makeContextReader(),
  }
}

const none: never[] = []

const toCompiledFlag = (
  flag: Flag,
  index: number,
  scope: CompileScope,
  dependsOn: readonly number[],
  message: string | undefined,
): CompiledFlag => ({
  index,
  flag,
  scope,
  variations: none,
  firstNodes: none,
  isServed: !flag.archived,
  dependsOn,
  closure: undefined,
  isPrepared: message !== undefined,
  constant: message === undefined ? undefined : failure(flag.key, flag, 'GENERAL', message),
  gates: undefined,
  targetingKeyMissing: undefined,
  usedUp: undefined,
})

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

/** Finds out what decides a flag before its rules. Evaluation does so when it first needs to. */
export function prepare(compiled: CompiledFlag): void {
  compiled.isPrepared = true
  const { flag } = compiled
  const { enabled, prerequisites, rules, defaultStrategy } = flag
  if (!enabled && prerequisites.length === 0) {
    compiled.constant = makeEvaluation(compiled, off, 'DISABLED', flag.offVariationId)
    return
  }
  compiled.firstNodes = new Array(rules.length + 1)
  compiled.gates = compileGates(compiled)
  if (!compiled.gates && rules.length === 0 && defaultStrategy.strategy.kind === 'fixed')
    compiled.constant = strategyOf(compiled, firstNodeOf(compiled, 0).rule).fallback
}

/**
 * Compiles everything that an evaluation can ever need. Evaluation needs no such call: this is the most that
 * compiling can cost.
 */
export function prepareAll({ flags }: CompiledSnapshot): void {
  for (const compiled of flags) {
    if (!compiled.isPrepared) prepare(compiled)
    if (compiled.constant || compiled.gates?.off) continue
    for (let i = 0; i <= compiled.flag.rules.length; i++) strategyOf(compiled, firstNodeOf(compiled, i).rule)
  }
}

function compileGates(compiled: CompiledFlag): Gates | undefined {
  const { flag, scope } = compiled
  const { enabled, prerequisites, targets, slices, offVariationId } = flag
  const isSliced = enabled && slices !== undefined && !coversEverybody(slices)
  if (enabled && prerequisites.length + targets.length === 0 && !isSliced) return undefined
  return {
    prerequisites: prerequisites.map(({ flagKey, variationId }) => ({
      index: scope.flagIndexes.get(flagKey) ?? -1,
      variationId,
    })),
    prerequisiteFailed:
      prerequisites.length > 0
        ? makeEvaluation(compiled, prerequisite, 'PREREQUISITE_FAILED', offVariationId)
        : undefined,
    off: enabled ? undefined : makeEvaluation(compiled, off, 'DISABLED', offVariationId),
    targets: enabled && targets.length > 0 ? compileTargets(compiled) : undefined,
    slices: isSliced
      ? {
          of: slices,
          outside: makeEvaluation(compiled, slice, 'SPLIT', undefined),
          keyMissing: keyMissing(flag),
        }
      : undefined,
  }
}

const off: Cause = { kind: 'off' }
const prerequisite: Cause = { kind: 'prerequisite' }
const target: Cause = { kind: 'target' }
const slice: Cause = { kind: 'slice' }

export const keyMissing = (flag: Flag): Evaluation =>
  failure(
    flag.key,
    flag,
    'TARGETING_KEY_MISSING',
    'this flag is split by targeting key, and the context has none',
  )

/** Bucketeer: targets are read in order, so the first entry that lists a user wins. */
function compileTargets(compiled: CompiledFlag): ReadonlyMap<string, Evaluation> {
  const targets = new Map<string, Evaluation>()
  for (const { variationId, targetingKeys } of compiled.flag.targets) {
    const evaluation = makeEvaluation(compiled, target, 'TARGETING_MATCH', variationId)
    for (const key of targetingKeys) if (!targets.has(key)) targets.set(key, evaluation)
  }
  return targets
}
