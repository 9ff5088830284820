// Evaluates flags for a context, without clock, I/O or exceptions: unknown flags and cycles give an
// evaluation with an error, and one broken flag does not affect the others. Each evaluation is made when it
// is first given, and kept with the compiled snapshot: after that, nothing is allocated per flag.
import { fineBucket } from './bucket.ts'
import {
  type CompiledSegment,
  type CompiledCondition,
  attributeHolds,
  segmentOpcode,
  flagOpcode,
  type ConditionGroups,
} from './compiled-condition.ts'
import { failure } from './evaluation-factory.ts'
import {
  type CompiledFlag,
  type CompiledSnapshot,
  type Gates,
  closureOf,
  keyMissing,
  prepare,
} from './compile.ts'
import { type CompiledRule, type HashInput, type Rollout, firstNodeOf, strategyOf } from './compile-rule.ts'
import type { EvaluationContext } from './context.ts'
import type { Evaluation } from './evaluation.ts'
import { percentAfter, percentOfBlocks } from '../hash/murmur3-x86-32.ts'
import { isMember } from '../model/members.ts'
import {
  reset,
  blocksOf,
  type ContextReader,
  kindOf,
  number,
  type Slot,
  text,
  textOf,
} from './context-reader.ts'
import { isInSlices, sliceBucket } from './slice.ts'
import { stepsUsedUp, stepsUsedUpMessage } from './steps.ts'

/** The evaluations made so far in this request, by flag index. */
export type DecidedEvaluations = readonly (Evaluation | undefined)[]
const nothingDecided: DecidedEvaluations = []

/** Evaluates one flag, and first its dependencies. An archived flag counts as unknown. */
export function evaluate(
  compiled: CompiledSnapshot,
  flagKey: string,
  context: EvaluationContext,
): Evaluation {
  const { byKey, flags, reader } = compiled
  const flag = byKey.get(flagKey)
  if (!flag?.isServed) return failure(flagKey, undefined, 'FLAG_NOT_FOUND', `there is no flag ${flagKey}`)
  if (!flag.isPrepared) prepare(flag)
  if (flag.constant) return flag.constant
  reset(reader, context, false)
  const isAlone = flag.dependsOn.length === 0
  const decided = isAlone ? nothingDecided : decideInOrder(flags, closureOf(flags, flag), reader)
  try {
    return decide(flag, reader, decided)
  } catch (cause) {
    return usedUp(flag, cause)
  }
}

/** Evaluates the flags with these indexes. Each must come after its dependencies. */
export function decideInOrder(
  flags: readonly CompiledFlag[],
  indexes: readonly number[],
  reader: ContextReader,
): DecidedEvaluations {
  const decided: (Evaluation | undefined)[] = []
  for (const index of indexes) {
    const flag = flags[index]!
    try {
      decided[index] = decide(flag, reader, decided)
    } catch (cause) {
      decided[index] = usedUp(flag, cause)
    }
  }
  return decided
}

/** Evaluates all flags that are not archived, or those with a tag, in the snapshot's order. */
export function evaluateAll(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  tag?: string,
): Evaluation[] {
  const { flags, dependenciesFirst, reader } = compiled
  reset(reader, context, true)
  const decided: Evaluation[] = new Array(flags.length)
  for (let i = 0; i < dependenciesFirst.length; i++) {
    try {
      for (; i < dependenciesFirst.length; i++) {
        const flag = dependenciesFirst[i]!
        decided[flag.index] = decide(flag, reader, decided)
      }
    } catch (cause) {
      const flag = dependenciesFirst[i]!
      decided[flag.index] = usedUp(flag, cause)
    }
  }
  const indexes = servedIndexesOf(compiled, tag)
  if (indexes.length === flags.length) return decided
  const selected: Evaluation[] = new Array(indexes.length)
  for (let i = 0; i < indexes.length; i++) selected[i] = decided[indexes[i]!]!
  return selected
}

/** Like `evaluateAll`, but `revise` may replace each evaluation before dependent flags are evaluated. */
export function evaluateAllRevised(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  revise: (flag: CompiledFlag, evaluation: Evaluation) => Evaluation,
): Evaluation[] {
  const { flags, dependenciesFirst, reader } = compiled
  reset(reader, context, true)
  const decided: Evaluation[] = new Array(flags.length)
  for (const flag of dependenciesFirst) {
    try {
      decided[flag.index] = revise(flag, decide(flag, reader, decided))
    } catch (cause) {
      decided[flag.index] = usedUp(flag, cause)
    }
  }
  return servedIndexesOf(compiled, undefined).map((index) => decided[index]!)
}

/** Leaves out archived flags, which are evaluated only because others may depend on them. */
function servedIndexesOf(
  { flags, servedIndexes }: CompiledSnapshot,
  tag: string | undefined,
): readonly number[] {
  const known = servedIndexes.get(tag)
  if (known) return known
  const indexes = flags
    .filter(({ flag }) => !flag.archived && (tag === undefined || flag.tags.includes(tag)))
    .map(({ index }) => index)
  if (servedIndexes.size < tagsCachedMax) servedIndexes.set(tag, indexes)
  return indexes
}
/** Clients send tags, so the cache must be bounded. */
const tagsCachedMax = 1_000

/** A flag for which the request has too few steps left is an error, and so is what depends on it. */
function usedUp(flag: CompiledFlag, cause: unknown): Evaluation {
  if (cause !== stepsUsedUp) throw cause
  return (flag.usedUp ??= failure(flag.flag.key, flag.flag, 'GENERAL', stepsUsedUpMessage))
}

const isUsedUp = (evaluation: Evaluation | undefined) => evaluation?.error?.message === stepsUsedUpMessage

/**
 * Follows the order of Bucketeer's server. A disabled flag without off variation gives no variation. Throws
 * `stepsUsedUp`: the loops that call it catch that outside, where it costs nothing.
 */
function decide(flag: CompiledFlag, reader: ContextReader, decided: DecidedEvaluations): Evaluation {
  if (!flag.isPrepared) prepare(flag)
  if (flag.constant) return flag.constant
  if (flag.gates) {
    const gated = evaluateGates(flag.gates, reader, decided)
    if (gated) return gated
  }
  const { rollout, fallback } = strategyOf(flag, findRule(flag, reader, decided))
  if (!rollout) return fallback
  const { unit, unitMissing } = rollout
  if (unit) {
    const unitKey = unitKeyOf(unit, reader)
    return unitKey === undefined ? unitMissing! : allocate(rollout, fallback, unitKey, reader)
  }
  const { targetingKey } = reader.context
  return targetingKey === undefined
    ? (flag.targetingKeyMissing ??= keyMissing(flag.flag))
    : allocate(rollout, fallback, targetingKey, reader)
}

/** What is hashed for a rollout by attribute: its text. Undefined if it is missing, empty or a list. */
export function unitKeyOf(unit: Slot, reader: ContextReader): string | undefined {
  const kind = kindOf(reader, unit)
  return kind === text || kind === number ? textOf(unit) || undefined : undefined
}

function evaluateGates(
  gates: Gates,
  { context }: ContextReader,
  decided: DecidedEvaluations,
): Evaluation | undefined {
  for (const { index, variationId } of gates.prerequisites) {
    if (decided[index]?.variation?.id === variationId) continue
    if (isUsedUp(decided[index])) throw stepsUsedUp
    return gates.prerequisiteFailed
  }
  if (gates.off) return gates.off
  const { targetingKey } = context
  const { targets, slices } = gates
  if (targetingKey === undefined) return slices?.keyMissing
  const targeted = targets?.get(targetingKey)
  if (targeted || !slices) return targeted
  return isInSlices(slices.of, sliceBucket(targetingKey)) ? undefined : slices.outside
}

/** The first rule that matches, or else the default strategy. */
export function findRule(
  flag: CompiledFlag,
  reader: ContextReader,
  decided: DecidedEvaluations,
): CompiledRule {
  let node = flag.firstNodes[0] ?? firstNodeOf(flag, 0)
  for (let { condition } = node; condition; { condition } = node)
    node = conditionHolds(condition, reader, decided)
      ? node.yes!
      : (node.no ??= firstNodeOf(flag, node.rule.index + 1))
  return node.rule
}

export const conditionHolds = (
  condition: CompiledCondition,
  reader: ContextReader,
  decided: DecidedEvaluations,
) =>
  condition.opcode < segmentOpcode
    ? attributeHolds(condition, reader)
    : segmentOrFlagHolds(condition, reader, decided)

function anyGroupHolds(anyOf: ConditionGroups, reader: ContextReader, decided: DecidedEvaluations): boolean {
  for (let i = 0; i < anyOf.length; i++) if (allHold(anyOf[i]!, reader, decided)) return true
  return false
}

function allHold(
  conditions: readonly CompiledCondition[],
  reader: ContextReader,
  decided: DecidedEvaluations,
): boolean {
  for (let i = 0; i < conditions.length; i++) {
    if (!conditionHolds(conditions[i]!, reader, decided)) return false
  }
  return true
}

/** For clauses that test segments or another flag's variation instead of an attribute. */
function segmentOrFlagHolds(
  { opcode, isNegated, segments, index, clause }: CompiledCondition,
  reader: ContextReader,
  decided: DecidedEvaluations,
): boolean {
  if (opcode !== flagOpcode) return segments!.some((segment) => isInSegment(segment, reader)) !== isNegated
  const variation = decided[index]?.variation
  if (!variation && isUsedUp(decided[index])) throw stepsUsedUp
  return (variation !== undefined && clause.values.includes(variation.id)) !== isNegated
}

/** Computed once per request, however many rules name the segment. */
export function isInSegment(segment: CompiledSegment, reader: ContextReader): boolean {
  if (segment.generation === reader.generation) return segment.result
  segment.result = includes(segment, reader) // may throw (steps.ts)
  segment.generation = reader.generation
  return segment.result
}

/** Whether the segment has the context by itself, or by its rules. */
const includes = (segment: CompiledSegment, reader: ContextReader): boolean =>
  isListed(segment, reader) || anyGroupHolds(segment.anyOf, reader, nothingDecided)

/** Whether the targeting key is in the segment's list or among its uploaded members. */
export function isListed({ included, members }: CompiledSegment, { context }: ContextReader): boolean {
  const { targetingKey } = context
  if (targetingKey === undefined) return false
  return included.has(targetingKey) || (members !== undefined && isMember(members, targetingKey))
}

/** `key` is the targeting key, or the value of the attribute by which the rollout splits. */
function allocate(
  { audience, cuts, evaluations, input }: Rollout,
  fallback: Evaluation,
  key: string,
  reader: ContextReader,
): Evaluation {
  if (audience && bucketOf(audience.input, key, reader) >= audience.cut) return audience.evaluation
  const bucket = bucketOf(input, key, reader)
  for (let i = 0; i < cuts.length; i++) if (bucket < cuts[i]!) return evaluations[i]!
  return fallback
}

export function bucketOf({ prefix, before, after }: HashInput, key: string, reader: ContextReader): number {
  if (!prefix) return fineBucket(before, key, after)
  return reader.evaluatesMany && key === reader.context.targetingKey
    ? percentOfBlocks(prefix, blocksOf(reader, key))
    : percentAfter(prefix, key)
}
