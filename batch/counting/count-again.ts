import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache } from '../lake/cache.ts'

/** A file may have been damaged since it was verified, which ClickHouse notices by its checksums. */
export async function countAgainIfDamaged<T>(
  lake: LakeCache,
  environmentId: string,
  count: (isAgain: boolean) => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const first = await count(false)
  if (first.ok || first.problem.kind !== 'job') return first
  lake.distrust(environmentId)
  return count(true)
}
