// The guardrails of an experiment, judged by what this run counted of their goals.
import { primaryGoalOf, roleOf } from '../../core/model/experiment.ts'
import type { GuardrailReport } from '../../core/model/guardrail.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import { isServed } from '../statistics/comparison.ts'
import { guardArms, unmeasured } from '../statistics/guardrail.ts'
import type { CountedGoal } from './counted-goal.ts'
import type { JobContext } from './job-context.ts'
import type { CountingPlan } from './plan-experiment.ts'

/**
 * One report for each guardrail and arm. A guardrail that this run could not count stands as it was last
 * found in the same phase, if that could be trusted; without such a result it is not measured, and nothing is
 * shipped.
 */
export async function judgeGuardrails(
  environmentId: string,
  { experiment, design, weights, window }: Pick<CountingPlan, 'experiment' | 'design' | 'weights' | 'window'>,
  counted: readonly CountedGoal[],
  { api }: Pick<JobContext, 'api'>,
): Promise<Result<GuardrailReport[], Failure>> {
  const { guardrails = [], usersPlanned = null } = design
  const { baselineVariationId } = experiment
  const isFrozen = (experiment.exposuresUntil ?? Infinity) < window.to
  const reports: GuardrailReport[] = []
  for (const { goalKey, margin } of guardrails) {
    if (roleOf(design, goalKey, primaryGoalOf(experiment)) !== 'guardrail') continue
    const goal = counted.find((one) => one.goalKey === goalKey)
    if (goal) {
      const { counts, rule } = goal
      const { direction } = rule
      const asked = { goalKey, margin, guardrails: guardrails.length, baselineVariationId, usersPlanned }
      const judged = guardArms({ ...asked, counts, direction, window })
      reports.push(...(isFrozen ? judged.map((report) => ({ ...report, moreDays: null })) : judged))
      continue
    }
    const before = await api.newestResult(environmentId, experiment.id, goalKey)
    if (!before.ok) return before
    const isSamePhase = before.value?.window.from === window.from
    const isTrusted = isSamePhase && before.value?.health.status !== 'red'
    const known = isTrusted ? (before.value?.guardrails ?? []) : []
    const arms = [...weights]
      .filter(([id, expectedWeight]) => id !== baselineVariationId && isServed({ expectedWeight }))
      .map(([id]) => id)
    for (const id of arms)
      reports.push(
        known.find((report) => report.variationId === id && report.goalKey === goalKey) ??
          unmeasured(goalKey, id, margin, 'its events could not be counted'),
      )
  }
  return ok(reports)
}
