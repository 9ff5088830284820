// A result that the admin API stores, with the one that was stored before it.
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { AdminApi } from '../admin-api.ts'
import { type Failure, fail } from '../failure.ts'
import type { ResultReference } from './reference.ts'

export interface StoredPair {
  readonly result: ExperimentResult
  /** What was red or named then has a part in the result. Undefined also if this release cannot read it. */
  readonly before: ExperimentResult | undefined
}

export async function storedResult(
  api: Pick<AdminApi, 'results'>,
  environmentId: string,
  { experimentId, goalKey, computedAt }: ResultReference,
): Promise<Result<StoredPair, Failure>> {
  let found: ExperimentResult | undefined
  let cursor: string | undefined
  do {
    const page = await api.results(environmentId, experimentId, goalKey, cursor)
    if (!page.ok) return page
    for (const result of page.value.results) {
      if (result !== undefined && result.goalKey !== goalKey) continue
      if (found) return ok({ result: found, before: result })
      if (computedAt === undefined || result?.computedAt === computedAt) found = result
    }
    cursor = page.value.nextCursor
  } while (cursor !== undefined)
  if (found) return ok({ result: found, before: undefined })
  const which = computedAt === undefined ? '' : ` of ${computedAt}`
  return fail(
    'job',
    `There is no result${which} for goal ${goalKey} of ${experimentId} that can be read here.`,
  )
}
