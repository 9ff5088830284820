// Evaluates flags for one visitor. If any flag keeps its assignments, the stored ones are read once for all
// flags, and new ones are written after the response.
import { type AssignedVariations, evaluateWithAssignments } from '../../core/evaluation/assignment.ts'
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../core/evaluation/context.ts'
import { evaluate, evaluateAll } from '../../core/evaluation/evaluate.ts'
import type { Evaluation } from '../../core/evaluation/evaluation.ts'
import { groupName, visitorName } from '../contracts/assignments-contract.ts'
import type { Ports } from '../contracts/ports.ts'
import { type MaybePromise, chain } from './maybe-promise.ts'

export interface Visitor {
  /** All visitors of a group share their assignments. */
  readonly group?: string | undefined
  /** The visitor's anonymous id before login. */
  readonly anonymousId?: string | undefined
}

export interface Decisions {
  readonly evaluations: readonly Evaluation[]
  /** The stored assignments, highest precedence first: group, visitor, anonymous id. */
  readonly sources: readonly AssignedVariations[]
}

const noSources: readonly AssignedVariations[] = []

/** With `tag`, only the flags that have it. */
export function decideAll(
  { assignments }: Pick<Ports, 'assignments'>,
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  visitor: Visitor = {},
  tag?: string,
): MaybePromise<Decisions> {
  if (!compiled.keepsAssignments || !context.targetingKey)
    return { evaluations: evaluateAll(compiled, context, tag), sources: noSources }
  const decisions = decideWithAssignments(assignments, compiled, context, visitor)
  return tag === undefined ? decisions : decisions.then((all) => withTag(all, tag))
}

const withTag = ({ evaluations, sources }: Decisions, tag: string): Decisions => ({
  evaluations: evaluations.filter(({ flag }) => flag?.tags.includes(tag)),
  sources,
})

/** Evaluates all flags if any keeps assignments, because those of one flag may depend on another's. */
export function decideOne(
  ports: Pick<Ports, 'assignments'>,
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  flagKey: string,
  visitor?: Visitor,
): MaybePromise<{ evaluation: Evaluation; sources: readonly AssignedVariations[] }> {
  if (!compiled.keepsAssignments)
    return { evaluation: evaluate(compiled, flagKey, context), sources: noSources }
  return chain(decideAll(ports, compiled, context, visitor), ({ evaluations, sources }) => {
    const found = evaluations.find((evaluation) => evaluation.flagKey === flagKey)
    return { evaluation: found ?? evaluate(compiled, flagKey, context), sources }
  })
}

async function decideWithAssignments(
  assignments: Ports['assignments'],
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  { group, anonymousId }: Visitor,
): Promise<Decisions> {
  const id = context.targetingKey!
  const names = [
    ...(group === undefined ? [] : [groupName(group)]),
    visitorName(id),
    ...(anonymousId === undefined || anonymousId === id ? [] : [visitorName(anonymousId)]),
  ]
  const sources = await assignments.read(compiled.environmentId, names)
  if (!sources) return { evaluations: evaluateAll(compiled, context), sources: noSources }
  const { evaluations, newAssignments } = evaluateWithAssignments(compiled, context, sources)
  // Writes the group's and the visitor's assignments; the anonymous id keeps its old ones.
  const writtenNames = names.slice(0, group === undefined ? 1 : 2)
  if (newAssignments.length > 0) assignments.keep(compiled.environmentId, writtenNames, newAssignments)
  return { evaluations, sources }
}
