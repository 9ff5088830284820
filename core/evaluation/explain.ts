// Explains an evaluation, as data that a console can draw: the prerequisites, targets, rules and clauses
// that were tested, the hashed text, the bucket and the cuts. Clauses are compiled again, one by one,
// because evaluation shares them and ends at the first that decides. laws.test.ts checks that the
// explanation agrees with `evaluate`.
import {
  type CompiledSegment,
  compileClause,
  segmentOpcode,
  flagOpcode,
  type CompileScope,
} from './compiled-condition.ts'
import type { Clause } from '../model/clause.ts'
import { type CompiledFlag, type CompiledSnapshot, closureOf, prepare } from './compile.ts'
import { type HashInput, type Rollout, strategyOf, unitOf } from './compile-rule.ts'
import type { EvaluationContext } from './context.ts'
import {
  bucketOf,
  type DecidedEvaluations,
  decideInOrder,
  evaluate,
  isInSegment,
  isListed,
  conditionHolds,
  findRule,
  unitKeyOf,
} from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import type { Flag, Rule } from '../model/flag.ts'
import { weightTotal } from '../model/limits.ts'
import * as reading from './context-reader.ts'
import { reset, type ContextReader, type Slot } from './context-reader.ts'
import { isInSlices, saltedSlice, sliceBucket } from './slice.ts'
import { slicesOperator } from '../model/vocabulary.ts'
import { stepsUsedUp } from './steps.ts'

/** Answered by the admin API, all but `evaluation`. */
export interface Explanation {
  readonly evaluation: Evaluation
  /** In order, up to the first that failed. */
  readonly prerequisites: readonly {
    readonly flagKey: string
    readonly wanted: string
    readonly got: string | undefined
  }[]
  readonly isTargeted: boolean
  /** Set if slices were checked: the user is not an individual target. `place` is the bucket, 0 to 99. */
  readonly slice: { readonly place: number; readonly isIn: boolean } | undefined
  /** In order, up to the first that matched. */
  readonly rules: readonly ExplainedRule[]
  /** Set if a rollout decided. */
  readonly rollout: ExplainedRollout | undefined
}

export interface ExplainedRule {
  readonly ruleId: string
  readonly matched: boolean
  /** OR of AND. Every clause is tested, also after the result is known. */
  readonly anyOf: readonly (readonly ExplainedClause[])[]
}

export interface ExplainedClause {
  readonly clause: Clause
  /**
   * The attribute (a structure as JSON), the segments that the user is in, the other flag's variation, or
   * the user's slice; undefined if none.
   */
  readonly found: string | readonly string[] | undefined
  /**
   * Set if the user is in a segment that the clause names: that segment, and those that its rules ask for,
   * down to the one that has the user by itself.
   */
  readonly path?: readonly string[]
  readonly holds: boolean
}

/** Buckets and cuts are in weight units: 100,000 is everyone. */
export interface ExplainedRollout {
  /** Set if an attribute was hashed instead of the targeting key: its name, and its text in `input`. */
  readonly bucketBy?: { readonly attribute: string; readonly key: string }
  readonly input: string
  readonly bucket: number
  readonly cuts: readonly { readonly variationId: string | undefined; readonly below: number }[]
  readonly audience:
    | { readonly input: string; readonly bucket: number; readonly below: number; readonly isIn: boolean }
    | undefined
}

/** Undefined if there is no such flag. */
export function explain(
  compiled: CompiledSnapshot,
  flagKey: string,
  context: EvaluationContext,
): Explanation | undefined {
  const compiledFlag = compiled.byKey.get(flagKey)
  if (!compiledFlag) return undefined
  if (!compiledFlag.isPrepared) prepare(compiledFlag)
  const { reader } = compiled
  reset(reader, context, false)
  const decided = decideInOrder(compiled.flags, closureOf(compiled.flags, compiledFlag), reader)
  const explanation = walk(compiledFlag, compiled, reader, decided)
  return { evaluation: evaluate(compiled, flagKey, context), ...explanation }
}

function walk(
  compiledFlag: CompiledFlag,
  compiled: CompiledSnapshot,
  reader: ContextReader,
  decided: DecidedEvaluations,
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
  for (const { index, variationId } of compiledFlag.gates?.prerequisites ?? []) {
    const got = decided[index]?.variation?.id
    prerequisites.push({ flagKey: compiled.flags[index]!.flag.key, wanted: variationId, got })
    if (got !== variationId) return explained(false)
  }
  const { targetingKey } = reader.context
  if (targetingKey !== undefined && compiledFlag.gates?.targets?.has(targetingKey)) return explained(true)
  if (compiledFlag.constant || compiledFlag.gates?.off) return explained(false)
  const slices = compiledFlag.gates?.slices
  if (slices) {
    if (targetingKey === undefined) return explained(false)
    const bucket = sliceBucket(targetingKey)
    slice = { place: bucket, isIn: isInSlices(slices.of, bucket) }
    if (!slice.isIn) return explained(false)
  }
  const { flag } = compiledFlag
  const scope = { ...compiled.scope, shared: new Map() }
  let rollout: Rollout | undefined
  try {
    for (const rule of flag.rules) {
      const explainedRule = explainRule(rule, scope, reader, decided)
      rules.push(explainedRule)
      if (explainedRule.matched) break
    }
    rollout = strategyOf(compiledFlag, findRule(compiledFlag, reader, decided)).rollout
  } catch (cause) {
    if (cause !== stepsUsedUp) throw cause
    return explained(false) // with the rules that were tested so far
  }
  const key = rollout?.unit ? unitKeyOf(rollout.unit, reader) : targetingKey
  return explained(false, explainRollout(rollout, flag, key, reader))
}

function explainRule(
  { id, anyOf }: Rule,
  scope: CompileScope,
  reader: ContextReader,
  decided: DecidedEvaluations,
): ExplainedRule {
  const groups = anyOf.map((group) => group.map((clause) => explainClause(clause, scope, reader, decided)))
  const matched = groups.some((clauses) => clauses.every((clause) => clause.holds))
  return { ruleId: id, matched, anyOf: groups }
}

function explainClause(
  clause: Clause,
  scope: CompileScope,
  reader: ContextReader,
  decided: DecidedEvaluations,
): ExplainedClause {
  const condition = compileClause(clause, scope)
  const holds = conditionHolds(condition, reader, decided)
  if (clause.operator === (slicesOperator as string)) {
    const { targetingKey } = reader.context
    const slice = targetingKey === undefined ? undefined : saltedSlice(clause.values[0]!, targetingKey)
    return { clause, found: slice?.toString(), holds }
  }
  if (condition.opcode < segmentOpcode) return { clause, found: foundIn(reader, condition.slot), holds }
  if (condition.opcode === flagOpcode)
    return { clause, found: decided[condition.index]?.variation?.id, holds }
  const segments = condition.segments!.filter((segment) => isInSegment(segment, reader))
  const [first] = segments
  return {
    clause,
    found: segments.map(({ key }) => key),
    ...(first && { path: pathInto(first, reader) }),
    holds,
  }
}

/** From a segment that the user is in to the one that has the user by itself. */
function pathInto(segment: CompiledSegment, reader: ContextReader): string[] {
  const { key, anyOf } = segment
  if (isListed(segment, reader)) return [key]
  const group = anyOf.find((conditions) => conditions.every((each) => conditionHolds(each, reader, [])))
  const inner = group?.flatMap(({ segments = [] }) => segments).find((each) => isInSegment(each, reader))
  return inner ? [key, ...pathInto(inner, reader)] : [key]
}

function foundIn(reader: ContextReader, slot: Slot): ExplainedClause['found'] {
  switch (reading.kindOf(reader, slot)) {
    case reading.missing:
      return undefined
    case reading.list:
      return slot.list
    case reading.structure:
      return JSON.stringify(slot.raw)
    default:
      return reading.textOf(slot)
  }
}

function explainRollout(
  rollout: Rollout | undefined,
  { allocation }: Flag,
  key: string | undefined,
  reader: ContextReader,
): ExplainedRollout | undefined {
  if (!rollout || key === undefined) return undefined
  const unit = unitOf(allocation)
  const locate = (input: HashInput) => ({
    input: input.before + key + input.after,
    bucket: bucketOf(input, key, reader) * unit,
  })
  const { audience, cuts, evaluations } = rollout
  const limit = audience && { ...locate(audience.input), below: audience.cut * unit }
  const shares = cuts.map((cut, i) => ({ variationId: evaluations[i]!.variation?.id, below: cut * unit }))
  const isWhole = shares.at(-1)?.below === weightTotal
  return {
    ...(rollout.unit && { bucketBy: { attribute: rollout.unit.name, key } }),
    ...locate(rollout.input),
    cuts: isWhole ? shares : [...shares, { variationId: undefined, below: weightTotal }],
    audience: limit && { ...limit, isIn: limit.bucket < limit.below },
  }
}
