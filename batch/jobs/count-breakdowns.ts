// Counts an experiment's users by the attributes that its design names, for all its goals at once.
import { ok, type Result } from '../../core/model/problem.ts'
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
