// ClickHouse leaves out in silence what is not there any more, such as what `forget` removed meanwhile.
import { access } from 'node:fs/promises'
import { type Failure, fail } from '../failure.ts'
import type { Result } from '../../core/model/problem.ts'

export const wentAway = fail('job', 'What was counted went away while it was read; the next run looks again.')

/** The result, unless one of the files was removed before it was complete: such a file does not come back. */
export async function unlessGone<T>(
  files: readonly string[],
  result: Result<T, Failure>,
): Promise<Result<T, Failure>> {
  if (!result.ok) return result
  try {
    for (const file of files) await access(file)
    return result
  } catch {
    return wentAway
  }
}
