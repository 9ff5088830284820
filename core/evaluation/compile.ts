// Once per revision and isolate: a snapshot with every operand parsed, every answer made, and flags in the order they depend on each other.
// What can never be asked is left out: the rules of a flag that is off, answers that no strategy gives. A flag is prepared when it is first asked
// for, or all of them are: an isolate that wakes up for one flag does not make it wait for a thousand.
import {
  type CompiledSegment,
  compileClause,
  type ConditionGroups,
  type CompileScope,
  makeScope,
} from './compiled-condition.ts'
import type { AnyOf } from '../model/clause.ts'
import { type EvaluationFactory, evaluationFactory, failure } from './evaluation-factory.ts'
import { type ConditionalRule, type DecisionNode, buildDecisionGraph } from './decision-node.ts'
import type { Cause, Evaluation } from './evaluation.ts'
import type { Flag, Slice } from '../model/flag.ts'
import type { Members } from '../model/members.ts'
import { type DependencyOrder, dependencyOrder } from './dependency-order.ts'
import { effectiveFlags } from './panic-mode.ts'
import { makeContextReader, type ContextReader } from './context-reader.ts'
import type { Segment } from '../model/segment.ts'
import type { Snapshot, SnapshotKey } from '../model/snapshot.ts'
import { isEverybody } from './slice.ts'
import { compileStrategy } from './compile-strategy.ts'

export interface CompiledFlag {
  readonly index: number
  readonly flag: Flag
  readonly isAnswered: boolean
  /** Places of all flags this one depends on, transitively, in an order in which they can be decided. */
  readonly dependencies: readonly number[] | undefined
  /** Whether what follows is there. */
  isPrepared: boolean
  /** Set where the flag answers everybody the same: it is broken, off, or fixed without any targeting. */
  constant: Evaluation | undefined
  gates: Gates | undefined
  /** The first question of those that lead to a rule; undefined where none is ever asked. */
  decisionGraph: DecisionNode | undefined
  /** Of flags that split by targeting key: the answer to a context without one. */
  targetingKeyMissing: Evaluation | undefined
}

/** What comes before the rules, of flags that have any of it. */
export interface Gates {
  readonly prerequisites: readonly { readonly index: number; readonly variationId: string }[]
  readonly prerequisiteFailed: Evaluation | undefined
  /** Set where the flag is off, which it is only after its prerequisites. */
  readonly off: Evaluation | undefined
  /** Undefined where nobody is targeted. */
  readonly targets: ReadonlyMap<string, Evaluation> | undefined
  /** Undefined where the flag is for everybody. */
  readonly slices:
    | { readonly of: readonly Slice[]; readonly outside: Evaluation; readonly keyMissing: Evaluation }
    | undefined
}

export interface CompiledSnapshot {
  readonly snapshot: Snapshot
  readonly environmentId: string
  readonly revision: number
  readonly flags: readonly CompiledFlag[]
  readonly byKey: ReadonlyMap<string, CompiledFlag>
  /** The same flags, each after those it depends on. */
  readonly inOrder: readonly CompiledFlag[]
  /** Places of the flags that are answered, per tag; filled when first asked for. `undefined` is the key for all. */
  readonly answered: Map<string | undefined, readonly number[]>
  /** Whether any flag keeps what it decided: else nobody has to be asked for it. */
  readonly keepsVisitors: boolean
  /** SDK keys by the SHA-256 of their text. */
  readonly sdkKeys: ReadonlyMap<string, SnapshotKey>
  /** What clauses can name: for flags that are not prepared yet, and for explanations, which ask each clause anew. */
  readonly scope: CompileScope
  /** Whether all flags are prepared. */
  isPrepared: boolean
  readonly reader: ContextReader
}

/** `members` holds the segments whose members lie apart from the snapshot, by key. */
export function compile(
  snapshot: Snapshot,
  members: ReadonlyMap<string, Members> = new Map(),
): CompiledSnapshot {
  const places = new Map<string, number>()
  snapshot.flags.forEach(({ key }, index) => places.set(key, index))
  const scope = makeScope(places)
  for (const segment of snapshot.segments)
    scope.segments.set(segment.key, compileSegment(segment, members.get(segment.key), scope))
  const orders = new Map<number, DependencyOrder>()
  const inForce = effectiveFlags(snapshot)
  const flags = inForce.map((flag, index) =>
    toPrepare(flag, index, dependencyOrder(index, inForce, places, orders)),
  )
  const byKey = new Map<string, CompiledFlag>()
  for (const compiled of flags) byKey.set(compiled.flag.key, compiled)
  return {
    snapshot,
    environmentId: snapshot.environmentId,
    revision: snapshot.revision,
    flags,
    byKey,
    inOrder: inOrderOf(flags),
    answered: new Map(),
    keepsVisitors: flags.some(({ flag }) => flag.assignment !== undefined && flag.enabled),
    sdkKeys: new Map(snapshot.sdkKeys.map((key) => [key.sha256, key])),
    scope,
    isPrepared: false,
    reader: makeContextReader(),
  }
}

function inOrderOf(flags: readonly CompiledFlag[]): readonly CompiledFlag[] {
  if (flags.every(({ dependencies }) => !dependencies)) return flags
  const placed = new Set<number>()
  for (const { index, dependencies = [] } of flags)
    for (const each of [...dependencies, index]) placed.add(each)
  return [...placed].map((index) => flags[index]!)
}

const toPrepare = (flag: Flag, index: number, { dependencies, message }: DependencyOrder): CompiledFlag => ({
  index,
  flag,
  isAnswered: !flag.archived,
  dependencies: dependencies.length > 0 ? dependencies : undefined,
  isPrepared: message !== undefined,
  constant: message === undefined ? undefined : failure(flag.key, flag, 'GENERAL', message),
  gates: undefined,
  decisionGraph: undefined,
  targetingKeyMissing: undefined,
})

/** The flag, and those it depends on. Never in the midst of a decision: what was read for it would not know of new operands. */
export function prepare({ flags, scope }: CompiledSnapshot, asked: CompiledFlag): void {
  for (const index of asked.dependencies ?? []) prepareOne(flags[index]!, scope)
  prepareOne(asked, scope)
}

export function prepareAll(compiled: CompiledSnapshot): void {
  for (const flag of compiled.flags) prepareOne(flag, compiled.scope)
  compiled.scope.shared.clear() // nobody is left to share with
  compiled.isPrepared = true
}

function prepareOne(compiled: CompiledFlag, scope: CompileScope): void {
  if (compiled.isPrepared) return
  compiled.isPrepared = true
  const { flag } = compiled
  const answer = evaluationFactory(flag)
  const gates = gatesOf(flag, answer, scope)
  if (!flag.enabled) {
    if (flag.prerequisites.length > 0) compiled.gates = gates
    else compiled.constant = gates!.off
    return
  }
  const rules = rulesOf(flag, answer, scope)
  const [first] = rules
  if (!gates && rules.length === 1 && first && !first.rule.rollout) {
    compiled.constant = first.rule.fallback
    return
  }
  compiled.gates = gates
  compiled.decisionGraph = buildDecisionGraph(rules)
  if (rules.some(({ rule }) => rule.rollout)) compiled.targetingKeyMissing = keyMissing(flag)
}

function gatesOf(flag: Flag, answer: EvaluationFactory, { places }: CompileScope): Gates | undefined {
  const { enabled, prerequisites, targets, slices, offVariationId } = flag
  const isSliced = enabled && slices !== undefined && !isEverybody(slices)
  if (enabled && prerequisites.length + targets.length === 0 && !isSliced) return undefined
  return {
    prerequisites: prerequisites.map(({ flagKey, variationId }) => ({
      index: places.get(flagKey) ?? -1,
      variationId,
    })),
    prerequisiteFailed:
      prerequisites.length > 0 ? answer(prerequisite, 'PREREQUISITE_FAILED', offVariationId) : undefined,
    off: enabled ? undefined : answer(off, 'DISABLED', offVariationId),
    targets: enabled && targets.length > 0 ? targetsOf(flag, answer) : undefined,
    slices: isSliced
      ? { of: slices, outside: answer(slice, 'SPLIT', undefined), keyMissing: keyMissing(flag) }
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
function targetsOf(flag: Flag, answer: EvaluationFactory): ReadonlyMap<string, Evaluation> {
  const targets = new Map<string, Evaluation>()
  for (const { variationId, targetingKeys } of flag.targets) {
    const evaluation = answer(target, 'TARGETING_MATCH', variationId)
    for (const key of targetingKeys) if (!targets.has(key)) targets.set(key, evaluation)
  }
  return targets
}

/** The rules in order, the default strategy last. */
function rulesOf(flag: Flag, answer: EvaluationFactory, scope: CompileScope): readonly ConditionalRule[] {
  const { rules, defaultStrategy } = flag
  const hasTargeting = rules.length + flag.targets.length + flag.prerequisites.length > 0
  const { id, strategy } = defaultStrategy
  const byDefault = compileStrategy(
    flag,
    { kind: 'default', ruleId: id },
    strategy,
    hasTargeting ? 'DEFAULT' : 'STATIC',
    answer,
  )
  return [
    ...rules.map((rule) => ({
      anyOf: compileGroups(rule.anyOf, scope),
      rule: compileStrategy(
        flag,
        { kind: 'rule', ruleId: rule.id },
        rule.strategy,
        'TARGETING_MATCH',
        answer,
      ),
    })),
    { anyOf: undefined, rule: byDefault },
  ]
}

function compileSegment(
  segment: Segment,
  members: Members | undefined,
  scope: CompileScope,
): CompiledSegment {
  const { key, included, anyOf } = segment
  return {
    generation: 0,
    answer: false,
    key,
    included: new Set(included),
    members,
    anyOf: compileGroups(anyOf, scope),
  }
}

const compileGroups = (anyOf: AnyOf, scope: CompileScope): ConditionGroups =>
  anyOf.map((group) => group.map((clause) => compileClause(clause, scope)))
