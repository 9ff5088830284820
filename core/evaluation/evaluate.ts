// Decides. No clock, no I/O, no throw: unknown flags and cycles are answers, and one bad flag never costs the others theirs. Nothing is
// allocated per flag: every answer was made when the snapshot was compiled.
import { fineBucket } from './bucket.ts'
import {
  type CompiledSegment,
  type CompiledCondition,
  holds,
  inSegments,
  ofFlag,
  type ConditionGroups,
} from './compiled-condition.ts'
import { failure } from './evaluation-factory.ts'
import { type CompiledFlag, type CompiledSnapshot, type Gates, prepare, prepareAll } from './compile.ts'
import type { CompiledRule, HashInput } from './compile-strategy.ts'
import type { DecisionNode } from './decision-node.ts'
import type { EvaluationContext } from './context.ts'
import type { Evaluation } from './evaluation.ts'
import { percentAfter, percentOfBlocks } from '../hash/murmur3-x86-32.ts'
import { isMember } from '../model/members.ts'
import { reset, blocksOf, type ContextReader } from './context-reader.ts'
import { isInSlices, sliceBucket } from './slice.ts'

/** What was decided so far in this request, by the flags' place in the snapshot. */
export type Decided = readonly (Evaluation | undefined)[]
const nothingDecided: Decided = []

/** Decides one flag, and before it those it depends on. */
export function evaluate(
  compiled: CompiledSnapshot,
  flagKey: string,
  context: EvaluationContext,
): Evaluation {
  const { byKey, flags, reader } = compiled
  const asked = byKey.get(flagKey)
  if (!asked?.isAnswered) return failure(flagKey, undefined, 'FLAG_NOT_FOUND', `there is no flag ${flagKey}`)
  if (!asked.isPrepared) prepare(compiled, asked)
  if (asked.constant) return asked.constant
  reset(reader, context, false)
  const { dependencies } = asked
  return decide(asked, reader, dependencies ? decideAll(flags, dependencies, reader) : nothingDecided)
}

/** Decides flags in an order in which that can be done. */
export function decideAll(
  flags: readonly CompiledFlag[],
  places: readonly number[],
  reader: ContextReader,
): Decided {
  const decided: (Evaluation | undefined)[] = []
  for (const index of places) decided[index] = decide(flags[index]!, reader, decided)
  return decided
}

/** Decides every live flag, or those with a tag, in the snapshot's order. */
export function evaluateAll(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  tag?: string,
): Evaluation[] {
  if (!compiled.isPrepared) prepareAll(compiled)
  const { flags, inOrder, reader } = compiled
  reset(reader, context, true)
  const decided: Evaluation[] = new Array(flags.length)
  for (let i = 0; i < inOrder.length; i++) {
    const flag = inOrder[i]!
    decided[flag.index] = decide(flag, reader, decided)
  }
  const answered = answeredOf(compiled, tag)
  if (answered.length === flags.length) return decided
  const chosen: Evaluation[] = new Array(answered.length)
  for (let i = 0; i < answered.length; i++) chosen[i] = decided[answered[i]!]!
  return chosen
}

/** As `evaluateAll`, where each decision may be replaced before others are made that depend on it. */
export function evaluateAllRevised(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  revise: (flag: CompiledFlag, evaluation: Evaluation) => Evaluation,
): Evaluation[] {
  if (!compiled.isPrepared) prepareAll(compiled)
  const { flags, inOrder, reader } = compiled
  reset(reader, context, true)
  const decided: Evaluation[] = new Array(flags.length)
  for (const flag of inOrder) decided[flag.index] = revise(flag, decide(flag, reader, decided))
  return answeredOf(compiled, undefined).map((index) => decided[index]!)
}

/** Archived flags are decided, since others may depend on them, and not answered. */
function answeredOf({ flags, answered }: CompiledSnapshot, tag: string | undefined): readonly number[] {
  const known = answered.get(tag)
  if (known) return known
  const places = flags
    .filter(({ flag }) => !flag.archived && (tag === undefined || flag.tags.includes(tag)))
    .map(({ index }) => index)
  if (answered.size < tagsRememberedMax) answered.set(tag, places)
  return places
}
/** Tags come from clients: what is remembered of them has to have an end. */
const tagsRememberedMax = 1_000

/** The order of Bucketeer's server; a flag without off variation answers "use your default" where it is off. */
function decide(flag: CompiledFlag, reader: ContextReader, decided: Decided): Evaluation {
  if (flag.constant) return flag.constant
  if (flag.gates) {
    const stopped = stopAt(flag.gates, reader, decided)
    if (stopped) return stopped
  }
  const rule = ruleOf(flag.decisionGraph!, reader, decided)
  if (!rule.rollout) return rule.fallback
  const { targetingKey } = reader.context
  return targetingKey === undefined ? flag.targetingKeyMissing! : allot(rule, targetingKey, reader)
}

function stopAt(gates: Gates, { context }: ContextReader, decided: Decided): Evaluation | undefined {
  for (const { index, variationId } of gates.prerequisites)
    if (decided[index]?.variation?.id !== variationId) return gates.prerequisiteFailed
  if (gates.off) return gates.off
  const { targetingKey } = context
  const { targets, slices } = gates
  if (targetingKey === undefined) return slices?.keyMissing
  const targeted = targets?.get(targetingKey)
  if (targeted || !slices) return targeted
  return isInSlices(slices.of, sliceBucket(targetingKey)) ? undefined : slices.outside
}

/** From question to question, until a rule is found. */
export function ruleOf(first: DecisionNode, reader: ContextReader, decided: Decided): CompiledRule {
  let at = first
  for (let { condition } = at; condition; { condition } = at)
    at = isTrue(condition, reader, decided) ? at.yes! : at.no!
  return at.rule!
}

export const isTrue = (condition: CompiledCondition, reader: ContextReader, decided: Decided) =>
  condition.opcode < inSegments ? holds(condition, reader) : holdsOutside(condition, reader, decided)

function anyGroupHolds(anyOf: ConditionGroups, reader: ContextReader, decided: Decided): boolean {
  for (let i = 0; i < anyOf.length; i++) if (allHold(anyOf[i]!, reader, decided)) return true
  return false
}

function allHold(conditions: readonly CompiledCondition[], reader: ContextReader, decided: Decided): boolean {
  for (let i = 0; i < conditions.length; i++) {
    if (!isTrue(conditions[i]!, reader, decided)) return false
  }
  return true
}

/** Clauses that look beyond the context's attributes: at segments, or at what another flag answered. */
export function holdsOutside(
  { opcode, segments, place, clause }: CompiledCondition,
  reader: ContextReader,
  decided: Decided,
): boolean {
  if (opcode !== ofFlag) return segments!.some((segment) => isInSegment(segment, reader))
  const variation = decided[place]?.variation
  return variation !== undefined && clause.values.includes(variation.id)
}

/** Asked once per request, however many rules name the segment. */
export function isInSegment(segment: CompiledSegment, reader: ContextReader): boolean {
  if (segment.generation === reader.generation) return segment.answer
  segment.generation = reader.generation
  return (segment.answer = includes(segment, reader))
}

function includes({ included, members, anyOf }: CompiledSegment, reader: ContextReader): boolean {
  const { targetingKey } = reader.context
  if (targetingKey !== undefined) {
    if (included.has(targetingKey)) return true
    if (members && isMember(members, targetingKey)) return true
  }
  return anyGroupHolds(anyOf, reader, nothingDecided)
}

function allot({ rollout, fallback }: CompiledRule, targetingKey: string, reader: ContextReader): Evaluation {
  const { audience, cuts, evaluations, input } = rollout!
  if (audience && bucketOf(audience.input, targetingKey, reader) >= audience.cut) return audience.evaluation
  const bucket = bucketOf(input, targetingKey, reader)
  for (let i = 0; i < cuts.length; i++) if (bucket < cuts[i]!) return evaluations[i]!
  return fallback
}

export function bucketOf(
  { prefix, before, after }: HashInput,
  targetingKey: string,
  reader: ContextReader,
): number {
  if (!prefix) return fineBucket(before, targetingKey, after)
  return reader.evaluatesMany
    ? percentOfBlocks(prefix, blocksOf(reader, targetingKey))
    : percentAfter(prefix, targetingKey)
}
