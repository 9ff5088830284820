// Counts an experiment's users by the attributes that its design names, for all its goals at once; and, where
// the variations did not get their shares of users, by where that may come from.
import { ok, type Result } from '../../core/model/problem.ts'
import { searchedAttributes } from '../statistics/mismatch-cause.ts'
import { sampleRatio } from '../statistics/sample-ratio.ts'
import type { CountedGoal } from './counted-goal.ts'
import type { Question } from '../counting/question.ts'
import type { CountedSegments } from '../counting/segment-counts.ts'
import type { Failure } from '../failure.ts'
import type { JobContext } from './job-context.ts'
import type { CountingPlan } from './plan-experiment.ts'

/** Of all who were exposed. Empty if the design names no attributes, or if not all of them count. */
export function countBreakdowns(
  environmentId: string,
  { design: { breakdownBy = [] }, experiment }: Pick<CountingPlan, 'design' | 'experiment'>,
  exposures: Question,
  { segments }: Pick<JobContext, 'segments'>,
): Promise<Result<CountedSegments, Failure>> {
  if (breakdownBy.length === 0 || experiment.exposuresUntil !== undefined)
    return Promise.resolve(ok(new Map()))
  return segments.count(environmentId, { exposures, attributes: [...new Set(breakdownBy)] })
}

/** Empty if the shares are as promised, or if not all who were exposed count. All goals have the same. */
export function searchMismatch(
  environmentId: string,
  { design: { breakdownBy = [] }, experiment }: Pick<CountingPlan, 'design' | 'experiment'>,
  exposures: Question,
  counted: Pick<CountedGoal, 'exposed' | 'counts'> | undefined,
  { segments }: Pick<JobContext, 'segments'>,
): Promise<Result<CountedSegments, Failure>> {
  const ratio = counted && sampleRatio([counted.exposed ?? counted.counts])
  const isRed = ratio?.kind === 'tested' && ratio.mismatch
  if (!isRed || experiment.exposuresUntil !== undefined) return Promise.resolve(ok(new Map()))
  const attributes = [...new Set([...breakdownBy, ...searchedAttributes])]
  return segments.count(environmentId, { exposures, attributes })
}
