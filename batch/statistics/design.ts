// From an experiment's design to the rule by which one of its goals is decided now.
import { equivalenceDefault, minimumDaysDefault, type ExperimentDesign } from '../../core/model/experiment.ts'
import { alphaDefault, gammaDefault } from '../../core/statistics/levels.ts'
import type { Decision } from '../../core/model/experiment-result.ts'
import type { Direction } from './fit.ts'

const dayMs = 86_400_000

export interface Rule {
  readonly role: 'primary' | 'secondary'
  readonly direction: Direction
  readonly decision: Decision
  readonly equivalence: number
  /** The variations are equal. Absent: they are not. */
  readonly isAa?: boolean
  /** Until the minimum duration is over; 0 after it. */
  readonly daysToMinimum: number
  /** Whether no more users come. */
  readonly isOver: boolean
}

/**
 * The primary goal decides. Secondary goals are always-valid whatever the design says, since e-values can be
 * corrected for their number under any dependence (e-BH).
 */
export function ruleOf(
  design: ExperimentDesign,
  goalKey: string,
  primaryGoalKey: string | undefined,
  window: { readonly from: number; readonly to: number },
  stopAt: number,
): Rule {
  const role = primaryGoalKey === goalKey ? 'primary' : 'secondary'
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
  }
}
