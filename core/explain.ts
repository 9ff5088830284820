// Why a flag answered what it did, as data that a console can draw: every prerequisite, target, rule and clause that was looked at, the
// text that was hashed, the bucket, and where the cuts lie. It reads the same compiled tests as evaluate.ts and asks them one by one;
// that its answer is evaluate's own is a law with a test.
import type { Clause } from './clause.ts'
import type {
  CompiledFlag,
  CompiledSnapshot,
  CompiledStrategy,
  HashInput,
  Test,
  TestGroups,
} from './compile.ts'
import type { EvaluationContext } from './context.ts'
import {
  bucketOf,
  type Decided,
  decideDependencies,
  evaluate,
  holdsOutside,
  isInSegment,
} from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import { weightPerPercent, weightTotal } from './limits.ts'
import { holds } from './match.ts'
import * as reading from './reader.ts'
import { begin, type Reader } from './reader.ts'

export interface Explanation {
  readonly evaluation: Evaluation
  /** In order, up to the one that failed. */
  readonly prerequisites: readonly {
    readonly flagKey: string
    readonly wanted: string
    readonly got: string | undefined
  }[]
  readonly isTargeted: boolean
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
  const { reader } = compiled
  begin(reader, context)
  const decided = decideDependencies(compiled, asked, reader)
  const explanation = walk(asked, compiled, reader, decided)
  return { evaluation: evaluate(compiled, flagKey, context), ...explanation }
}

function walk(
  asked: CompiledFlag,
  compiled: CompiledSnapshot,
  reader: Reader,
  decided: Decided,
): Omit<Explanation, 'evaluation'> {
  const prerequisites: Explanation['prerequisites'][number][] = []
  const rules: ExplainedRule[] = []
  const explained = (isTargeted: boolean, rollout?: ExplainedRollout) => ({
    prerequisites,
    isTargeted,
    rules,
    rollout,
  })
  if (asked.broken) return explained(false)
  for (const { index, variationId } of asked.prerequisites) {
    const got = decided[index]?.variation?.id
    prerequisites.push({ flagKey: compiled.flags[index]!.flag.key, wanted: variationId, got })
    if (got !== variationId) return explained(false)
  }
  if (!asked.flag.enabled) return explained(false)
  const { targetingKey } = reader.context
  if (targetingKey !== undefined && asked.targets?.has(targetingKey)) return explained(true)
  for (const { anyOf, strategy } of asked.rules) {
    const rule = explainRule(strategy.ruleId, anyOf, reader, decided)
    rules.push(rule)
    if (rule.matched) return explained(false, explainRollout(strategy, targetingKey, reader))
  }
  return explained(false, explainRollout(asked.defaultStrategy, targetingKey, reader))
}

function explainRule(ruleId: string, anyOf: TestGroups, reader: Reader, decided: Decided): ExplainedRule {
  const groups = anyOf.map((tests) => tests.map((test) => explainClause(test, reader, decided)))
  return { ruleId, matched: groups.some((clauses) => clauses.every((clause) => clause.holds)), anyOf: groups }
}

function explainClause(test: Test, reader: Reader, decided: Decided): ExplainedClause {
  const { clause, attribute, segments, flagIndex } = test
  const found = attribute
    ? foundIn(reader, attribute.slot)
    : segments
      ? segments.filter((segment) => isInSegment(segment, reader, decided)).map(({ key }) => key)
      : decided[flagIndex]?.variation?.id
  return { clause, found, holds: attribute ? holds(attribute, reader) : holdsOutside(test, reader, decided) }
}

function foundIn(reader: Reader, slot: number): ExplainedClause['found'] {
  switch (reading.kindOf(reader, slot)) {
    case reading.missing:
      return undefined
    case reading.list:
      return reader.lists[slot]
    default:
      return reading.textOf(reader, slot)
  }
}

function explainRollout(
  { rollout, allocation }: CompiledStrategy,
  targetingKey: string | undefined,
  reader: Reader,
): ExplainedRollout | undefined {
  if (!rollout || targetingKey === undefined) return undefined
  const unit = allocation === 'percent' ? weightPerPercent : 1
  const place = (input: HashInput) => ({
    input: input.before + targetingKey + input.after,
    bucket: bucketOf(input, targetingKey, reader, 'one') * unit,
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
