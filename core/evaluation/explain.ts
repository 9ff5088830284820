// Why a flag answered what it did, as data that a console can draw: every prerequisite, target, rule and clause that was looked at, the
// text that was hashed, the bucket, and where the cuts lie. Clauses are
// asked one by one, as the rule states them; that the answer is evaluate's own is a law with a test.
import { compileClause, inSegments, ofFlag, type CompileScope } from './compiled-condition.ts'
import type { Clause } from '../model/clause.ts'
import { type CompiledFlag, type CompiledSnapshot, prepare } from './compile.ts'
import { type HashInput, type Rollout, unitOf } from './compile-strategy.ts'
import type { EvaluationContext } from './context.ts'
import { bucketOf, type Decided, decideAll, evaluate, isInSegment, isTrue, ruleOf } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import type { Flag, Rule } from '../model/flag.ts'
import { weightTotal } from '../model/limits.ts'
import * as reading from './context-reader.ts'
import { reset, type ContextReader, type Slot } from './context-reader.ts'
import { isInSlices, sliceBucket } from './slice.ts'

export interface Explanation {
  readonly evaluation: Evaluation
  /** In order, up to the one that failed. */
  readonly prerequisites: readonly {
    readonly flagKey: string
    readonly wanted: string
    readonly got: string | undefined
  }[]
  readonly isTargeted: boolean
  /** Set where the flag is for slices of everybody, and somebody is no individual target. */
  readonly slice: { readonly place: number; readonly isIn: boolean } | undefined
  /** In order, up to the one that matched. */
  readonly rules: readonly ExplainedRule[]
  /** Set where a percentage decided. */
  readonly rollout: ExplainedRollout | undefined
}

export interface ExplainedRule {
  readonly ruleId: string
  readonly matched: boolean
  /** OR of AND, every clause looked at on its own. */
  readonly anyOf: readonly (readonly ExplainedClause[])[]
}

export interface ExplainedClause {
  readonly clause: Clause
  /** What the context holds for it; undefined where that is nothing. */
  readonly found: string | readonly string[] | undefined
  readonly holds: boolean
}

/** Places and cuts in weight units, [0, 100000). */
export interface ExplainedRollout {
  readonly input: string
  readonly bucket: number
  readonly cuts: readonly { readonly variationId: string | undefined; readonly below: number }[]
  readonly audience:
    | { readonly input: string; readonly bucket: number; readonly below: number; readonly isIn: boolean }
    | undefined
}

/** Undefined where there is no such flag. */
export function explain(
  compiled: CompiledSnapshot,
  flagKey: string,
  context: EvaluationContext,
): Explanation | undefined {
  const asked = compiled.byKey.get(flagKey)
  if (!asked) return undefined
  prepare(compiled, asked)
  const { reader } = compiled
  reset(reader, context, false)
  const decided = decideAll(compiled.flags, asked.dependencies ?? [], reader)
  const explanation = walk(asked, compiled, reader, decided)
  return { evaluation: evaluate(compiled, flagKey, context), ...explanation }
}

function walk(
  asked: CompiledFlag,
  compiled: CompiledSnapshot,
  reader: ContextReader,
  decided: Decided,
): Omit<Explanation, 'evaluation'> {
  const prerequisites: Explanation['prerequisites'][number][] = []
  const rules: ExplainedRule[] = []
  let slice: Explanation['slice']
  const explained = (isTargeted: boolean, rollout?: ExplainedRollout) => ({
    prerequisites,
    isTargeted,
    slice,
    rules,
    rollout,
  })
  for (const { index, variationId } of asked.gates?.prerequisites ?? []) {
    const got = decided[index]?.variation?.id
    prerequisites.push({ flagKey: compiled.flags[index]!.flag.key, wanted: variationId, got })
    if (got !== variationId) return explained(false)
  }
  const { targetingKey } = reader.context
  if (targetingKey !== undefined && asked.gates?.targets?.has(targetingKey)) return explained(true)
  if (!asked.decisionGraph) return explained(false)
  const slices = asked.gates?.slices
  if (slices) {
    if (targetingKey === undefined) return explained(false)
    const place = sliceBucket(targetingKey)
    slice = { place, isIn: isInSlices(slices.of, place) }
    if (!slice.isIn) return explained(false)
  }
  const { flag } = asked
  const scope = { ...compiled.scope, shared: new Map() }
  for (const rule of flag.rules) {
    const asking = explainRule(rule, scope, reader, decided)
    rules.push(asking)
    if (asking.matched) break
  }
  const { rollout } = ruleOf(asked.decisionGraph, reader, decided)
  return explained(false, explainRollout(rollout, flag, targetingKey, reader))
}

function explainRule(
  { id, anyOf }: Rule,
  scope: CompileScope,
  reader: ContextReader,
  decided: Decided,
): ExplainedRule {
  const groups = anyOf.map((group) => group.map((clause) => explainClause(clause, scope, reader, decided)))
  const matched = groups.some((clauses) => clauses.every((clause) => clause.holds))
  return { ruleId: id, matched, anyOf: groups }
}

function explainClause(
  clause: Clause,
  scope: CompileScope,
  reader: ContextReader,
  decided: Decided,
): ExplainedClause {
  const condition = compileClause(clause, scope)
  const holds = isTrue(condition, reader, decided)
  if (condition.opcode < inSegments) return { clause, found: foundIn(reader, condition.slot), holds }
  const found =
    condition.opcode === ofFlag
      ? decided[condition.place]?.variation?.id
      : condition.segments!.filter((segment) => isInSegment(segment, reader)).map(({ key }) => key)
  return { clause, found, holds }
}

function foundIn(reader: ContextReader, slot: Slot): ExplainedClause['found'] {
  switch (reading.kindOf(reader, slot)) {
    case reading.missing:
      return undefined
    case reading.list:
      return slot.list
    default:
      return reading.textOf(slot)
  }
}

function explainRollout(
  rollout: Rollout | undefined,
  { allocation }: Flag,
  targetingKey: string | undefined,
  reader: ContextReader,
): ExplainedRollout | undefined {
  if (!rollout || targetingKey === undefined) return undefined
  const unit = unitOf(allocation)
  const place = (input: HashInput) => ({
    input: input.before + targetingKey + input.after,
    bucket: bucketOf(input, targetingKey, reader) * unit,
  })
  const { audience, cuts, evaluations } = rollout
  const limit = audience && { ...place(audience.input), below: audience.cut * unit }
  const shares = cuts.map((cut, i) => ({ variationId: evaluations[i]!.variation?.id, below: cut * unit }))
  const isWhole = shares.at(-1)?.below === weightTotal
  return {
    ...place(rollout.input),
    cuts: isWhole ? shares : [...shares, { variationId: undefined, below: weightTotal }],
    audience: limit && { ...limit, isIn: limit.bucket < limit.below },
  }
}
