// Decisions that are kept: what the hash once decided for a visitor stays, whatever becomes of the weights. Only for flags that ask for it,
// and only of their percentages. What is kept is read before and stored after; here is only what follows from it.
import { evaluationFactory } from './evaluation-factory.ts'
import type { CompiledFlag, CompiledSnapshot } from './compile.ts'
import type { EvaluationContext } from './context.ts'
import { evaluateAll, evaluateAllRevised } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'

/** The variation that somebody has, by the id of the rule that decided. */
export type AssignedVariations = ReadonlyMap<string, string>

export interface Assignment {
  readonly ruleId: string
  readonly variationId: string
}

export interface KeptEvaluations {
  readonly evaluations: readonly Evaluation[]
  /** What the strongest source does not know yet. */
  readonly fresh: readonly Assignment[]
}

/** Every live flag, in the snapshot's order. `sources` are what is known of the visitor, the strongest first. */
export function evaluateKeeping(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  sources: readonly AssignedVariations[],
): KeptEvaluations {
  const fresh: Assignment[] = []
  const mayJoin = tests(compiled, context, sources)
  const evaluations = evaluateAllRevised(compiled, context, (flag, evaluation) => {
    const ruleId = stickyRuleOf(flag, evaluation)
    if (ruleId === undefined) return evaluation
    if (!mayJoin(flag, ruleId, evaluation)) return answer(flag, evaluation, undefined)
    const known = find(sources, ruleId)
    const decided = known === undefined ? evaluation : answer(flag, evaluation, known)
    const variationId = decided.variation?.id
    if (variationId !== undefined && sources[0]?.get(ruleId) !== variationId)
      fresh.push({ ruleId, variationId })
    return decided
  })
  return { evaluations, fresh }
}

/** The rule whose percentage decided, where the flag keeps such decisions. */
function stickyRuleOf({ flag }: CompiledFlag, { reason, cause }: Evaluation): string | undefined {
  return flag.assignment !== undefined && reason === 'SPLIT' && 'ruleId' in cause ? cause.ruleId : undefined
}

/** What the visitor was once assigned, also where that variation is gone: then there is no answer, rather than another one. */
export const find = (sources: readonly AssignedVariations[], ruleId: string): string | undefined => {
  for (const source of sources) {
    const found = source.get(ruleId)
    if (found !== undefined) return found
  }
  return undefined
}

type MayJoin = (flag: CompiledFlag, ruleId: string, evaluation: Evaluation) => boolean

/** One visitor, one test: those that the visitor is in already; else the first that has something for them. */
function tests(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  sources: readonly AssignedVariations[],
): MayJoin {
  const isExclusive = ({ flag }: CompiledFlag) => flag.assignment === 'exclusive'
  if (!compiled.flags.some(isExclusive)) return () => true
  const joined = new Set<string>()
  for (const evaluation of evaluateAll(compiled, context)) {
    const flag = compiled.byKey.get(evaluation.flagKey)!
    const ruleId = isExclusive(flag) ? stickyRuleOf(flag, evaluation) : undefined
    if (ruleId !== undefined && find(sources, ruleId) !== undefined) joined.add(ruleId)
  }
  let isTaken = joined.size > 0
  return (flag, ruleId, { variation }) => {
    if (!isExclusive(flag) || joined.has(ruleId)) return true
    if (isTaken) return false
    isTaken = variation !== undefined
    return true
  }
}

const answers = new WeakMap<CompiledFlag, Map<string, Evaluation>>()

/** The evaluation with another variation, one object for each: forms of it are kept beside it. */
function answer(flag: CompiledFlag, { cause }: Evaluation, variationId: string | undefined): Evaluation {
  const made = answers.get(flag) ?? new Map<string, Evaluation>()
  answers.set(flag, made)
  const name = JSON.stringify([cause, variationId])
  const known = made.get(name)
  if (known) return known
  const exists = flag.flag.variations.some(({ id }) => id === variationId)
  const evaluation = evaluationFactory(flag.flag)(cause, 'SPLIT', exists ? variationId : undefined)
  if (made.size < answersMax) made.set(name, evaluation)
  return evaluation
}
/** Variations that are gone come from storage: what is remembered of them has to have an end. */
const answersMax = 1_000
