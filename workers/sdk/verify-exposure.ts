// Checks an exposure that a client reports against what this environment decides for that user. Reads kept
// assignments, and writes none: a report is no decision.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../core/evaluation/context.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import type { Evaluation } from '../../core/evaluation/evaluation.ts'
import { type ExposedUnit, exposedUnit } from '../../core/evaluation/exposed-unit.ts'
import { makeSteps } from '../../core/evaluation/steps.ts'
import type { Flag } from '../../core/model/flag.ts'
import type { Ports } from '../contracts/ports.ts'
import { type Visitor, decideOne } from './decide.ts'
import { type MaybePromise, chain } from './maybe-promise.ts'

export interface Claim {
  readonly flag: Flag
  readonly variationId: string
  /** The rule or default strategy that decided; otherwise a protocol's name for the cause, or empty. */
  readonly ruleId: string
}

/** The fields of an exposure that say what edge found. */
export interface Finding extends ExposedUnit {
  readonly verified: boolean
  readonly revision: number
}

export type CheckClaim = (
  claim: Claim,
  context: EvaluationContext,
  causeOf: (evaluation: Evaluation) => string,
  visitor?: Visitor,
) => MaybePromise<Finding>

/** The id of the rule or default strategy; empty if something else decided. */
export const ruleIdOf = ({ cause }: Evaluation): string => ('ruleId' in cause ? cause.ruleId : '')

/** For the events of one request: together they may take what one request may (steps.ts). */
export function claimChecker(
  { assignments }: Pick<Ports, 'assignments'>,
  compiled: CompiledSnapshot,
): CheckClaim {
  const reading = { assignments: { read: assignments.read.bind(assignments), keep: () => {} } }
  const steps = makeSteps()
  return (claim, reported, causeOf, visitor) => {
    const context = { ...reported, steps }
    const { flag, variationId, ruleId } = claim
    const isDecided = (evaluation: Evaluation) =>
      evaluation.variation?.id === variationId && causeOf(evaluation) === ruleId
    const found = (verified: boolean): Finding => ({
      verified,
      revision: verified ? compiled.revision : 0,
      ...exposedUnit(compiled, claim, context),
    })
    if (isDecided(evaluate(compiled, flag.key, context))) return found(true)
    if (!compiled.keepsAssignments) return found(false)
    return chain(decideOne(reading, compiled, context, flag.key, visitor), ({ evaluation }) =>
      found(isDecided(evaluation)),
    )
  }
}

export const hasVariation = ({ variations }: Flag, variationId: string): boolean =>
  variations.some(({ id }) => id === variationId)
