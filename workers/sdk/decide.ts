// All flags for one visitor: from the snapshot alone, or, where flags keep their visitors, with what is kept.
// One read for all flags, and what is new is written behind the answer.
import { type AssignedVariations, evaluateWithAssignments } from '../../core/evaluation/assignment.ts'
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../core/evaluation/context.ts'
import { evaluate, evaluateAll } from '../../core/evaluation/evaluate.ts'
import type { Evaluation } from '../../core/evaluation/evaluation.ts'
import type { Ports } from '../contracts/ports.ts'
import { type MaybePromise, chain } from './maybe-promise.ts'

export interface Visitor {
  /** Those who decide as one. */
  readonly group?: string | undefined
  /** Who it was before it was known. */
  readonly anonymousId?: string | undefined
}

export interface Decided {
  readonly evaluations: readonly Evaluation[]
  /** What was known, the strongest first. */
  readonly sources: readonly AssignedVariations[]
}

const nothing: readonly AssignedVariations[] = []

export function decideAll(
  { assignments }: Pick<Ports, 'assignments'>,
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  visitor: Visitor = {},
  tag?: string,
): MaybePromise<Decided> {
  if (!compiled.keepsAssignments || !context.targetingKey)
    return { evaluations: evaluateAll(compiled, context, tag), sources: nothing }
  const decided = decideKeeping(assignments, compiled, context, visitor)
  return tag === undefined ? decided : decided.then((all) => withTag(all, tag))
}

const withTag = ({ evaluations, sources }: Decided, tag: string): Decided => ({
  evaluations: evaluations.filter(({ flag }) => flag?.tags.includes(tag)),
  sources,
})

/** One flag, and whatever it depends on; all of them where one may depend on what is kept. */
export function decideOne(
  ports: Pick<Ports, 'assignments'>,
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  flagKey: string,
  visitor?: Visitor,
): MaybePromise<{ evaluation: Evaluation; sources: readonly AssignedVariations[] }> {
  if (!compiled.keepsAssignments)
    return { evaluation: evaluate(compiled, flagKey, context), sources: nothing }
  return chain(decideAll(ports, compiled, context, visitor), ({ evaluations, sources }) => {
    const found = evaluations.find((evaluation) => evaluation.flagKey === flagKey)
    return { evaluation: found ?? evaluate(compiled, flagKey, context), sources }
  })
}

async function decideKeeping(
  assignments: Ports['assignments'],
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  { group, anonymousId }: Visitor,
): Promise<Decided> {
  const id = context.targetingKey!
  const whos = [
    ...(group === undefined ? [] : [`group:${group}`]),
    `visitor:${id}`,
    ...(anonymousId === undefined || anonymousId === id ? [] : [`visitor:${anonymousId}`]),
  ]
  const sources = await assignments.read(compiled.environmentId, whos)
  if (!sources) return { evaluations: evaluateAll(compiled, context), sources: nothing }
  const { evaluations, newAssignments } = evaluateWithAssignments(compiled, context, sources)
  // For the group and for itself; of who it was before, what it had then stays.
  const writers = whos.slice(0, group === undefined ? 1 : 2)
  if (newAssignments.length > 0) assignments.keep(compiled.environmentId, writers, newAssignments)
  return { evaluations, sources }
}
