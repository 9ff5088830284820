// From an experiment's design to the rule by which one of its goals is decided now.
import {
  equivalenceDefault,
  type ExperimentDesign,
  type GoalRole,
  minimumDaysDefault,
  roleOf,
} from '../../core/model/experiment.ts'
import type { Margin } from '../../core/model/guardrail.ts'
import { alphaDefault, gammaDefault } from '../../core/statistics/levels.ts'
import type { Decision } from '../../core/model/experiment-result.ts'
import type { Direction } from './fit.ts'

const dayMs = 86_400_000

export interface Rule {
  readonly role: GoalRole
  readonly direction: Direction
  readonly decision: Decision
  readonly equivalence: number
  /** Of a guardrail: what is tolerated, and how many guardrails there are. */
  readonly guardrail?: { readonly margin: Margin; readonly of: number }
  /** The variations are equal. Absent: they are not. */
  readonly isAa?: boolean
  /** Until the minimum duration is over; 0 after it. */
  readonly daysToMinimum: number
  /** Whether no more users come. */
  readonly isOver: boolean
}

/**
 * The primary goal decides. The others are always-valid whatever the design says: e-values of secondary goals
 * can be corrected for their number under any dependence (e-BH), and guardrails have no planned end.
 */
export function ruleOf(
  design: ExperimentDesign,
  goalKey: string,
  primaryGoalKey: string | undefined,
  window: { readonly from: number; readonly to: number },
  stopAt: number,
): Rule {
  const role = roleOf(design, goalKey, primaryGoalKey)
  const { guardrails = [] } = design
  const margin = guardrails.find((guardrail) => guardrail.goalKey === goalKey)?.margin
  const isOver = window.to >= stopAt
  const daysRun = (window.to - window.from) / dayMs
  return {
    role,
    direction: design.lowerIsBetter?.includes(goalKey) ? 'decrease' : 'increase',
    decision:
      role === 'primary' && design.decision === 'fixed-horizon'
        ? {
            kind: 'fixed-horizon',
            alpha: alphaDefault,
            gamma: gammaDefault,
            endAt: stopAt,
            ended: isOver,
          }
        : { kind: 'always-valid', alpha: alphaDefault, usersPlanned: design.usersPlanned ?? null },
    equivalence: design.equivalence ?? equivalenceDefault,
    daysToMinimum: Math.max(0, (design.minimumDays ?? minimumDaysDefault) - daysRun),
    isOver,
    // Only where it is so: the rule is part of what a result is hashed from.
    ...(design.aa === true && { isAa: true }),
    ...(role === 'guardrail' && margin && { guardrail: { margin, of: guardrails.length } }),
  }
}
