// Kept assignments: a visitor keeps the variation that a rollout once gave, however its weights change.
// Applies to rollouts of flags with `assignment` set. Assignments are loaded and stored by the caller.
import { makeEvaluation } from './evaluation-factory.ts'
import type { CompiledFlag, CompiledSnapshot } from './compile.ts'
import type { EvaluationContext } from './context.ts'
import { evaluateAll, evaluateAllRevised } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'

/** The ids of the variations assigned to one visitor, by rule id. */
export type AssignedVariations = ReadonlyMap<string, string>

export interface Assignment {
  readonly ruleId: string
  readonly variationId: string
}

export interface AssignedEvaluations {
  readonly evaluations: readonly Evaluation[]
  /** Assignments that differ from the first source or are missing there. */
  readonly newAssignments: readonly Assignment[]
}

/** Evaluates all flags that are not archived, in the snapshot's order. Earlier `sources` take precedence. */
export function evaluateWithAssignments(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  sources: readonly AssignedVariations[],
): AssignedEvaluations {
  const newAssignments: Assignment[] = []
  const mayJoin = exclusiveAdmission(compiled, context, sources)
  const evaluations = evaluateAllRevised(compiled, context, (flag, evaluation) => {
    const ruleId = assignmentRuleId(flag, evaluation)
    if (ruleId === undefined) return evaluation
    if (!mayJoin(flag, ruleId, evaluation)) return withVariation(flag, evaluation, undefined)
    const assigned = findAssigned(sources, ruleId)
    const revised = assigned === undefined ? evaluation : withVariation(flag, evaluation, assigned)
    const variationId = revised.variation?.id
    if (variationId !== undefined && sources[0]?.get(ruleId) !== variationId)
      newAssignments.push({ ruleId, variationId })
    return revised
  })
  return { evaluations, newAssignments }
}

/** The id of the rule whose rollout decided, if the flag keeps assignments. */
function assignmentRuleId({ flag }: CompiledFlag, { reason, cause }: Evaluation): string | undefined {
  return flag.assignment !== undefined && reason === 'SPLIT' && 'ruleId' in cause ? cause.ruleId : undefined
}

/**
 * Also returns a variation that no longer exists: such a visitor gets no variation rather than another one.
 */
export const findAssigned = (sources: readonly AssignedVariations[], ruleId: string): string | undefined => {
  for (const source of sources) {
    const found = source.get(ruleId)
    if (found !== undefined) return found
  }
  return undefined
}

type MayJoin = (flag: CompiledFlag, ruleId: string, evaluation: Evaluation) => boolean

/**
 * Among exclusive flags, lets a visitor into those already joined, or else into the first that gives a
 * variation.
 */
function exclusiveAdmission(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  sources: readonly AssignedVariations[],
): MayJoin {
  const isExclusive = ({ flag }: CompiledFlag) => flag.assignment === 'exclusive'
  if (!compiled.flags.some(isExclusive)) return () => true
  const joined = new Set<string>()
  for (const evaluation of evaluateAll(compiled, context)) {
    const flag = compiled.byKey.get(evaluation.flagKey)!
    const ruleId = isExclusive(flag) ? assignmentRuleId(flag, evaluation) : undefined
    if (ruleId !== undefined && findAssigned(sources, ruleId) !== undefined) joined.add(ruleId)
  }
  let isTaken = joined.size > 0
  return (flag, ruleId, { variation }) => {
    if (!isExclusive(flag) || joined.has(ruleId)) return true
    if (isTaken) return false
    isTaken = variation !== undefined
    return true
  }
}

const replacements = new WeakMap<CompiledFlag, Map<string, Evaluation>>()

/**
 * Returns the same object for the same flag, cause and variation, because protocols cache their form of each
 * evaluation.
 */
function withVariation(
  flag: CompiledFlag,
  { cause }: Evaluation,
  variationId: string | undefined,
): Evaluation {
  const cached = replacements.get(flag) ?? new Map<string, Evaluation>()
  replacements.set(flag, cached)
  const name = JSON.stringify([cause, variationId])
  const known = cached.get(name)
  if (known) return known
  const exists = flag.flag.variations.some(({ id }) => id === variationId)
  const evaluation = makeEvaluation(flag, cause, 'SPLIT', exists ? variationId : undefined)
  if (cached.size < replacementsMax) cached.set(name, evaluation)
  return evaluation
}
/** Stored assignments may name any number of deleted variations, so the cache must be bounded. */
const replacementsMax = 1_000
