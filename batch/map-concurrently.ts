// Runs an asynchronous function over many items, a few at a time. For transfers from the lake and for Stan's
// chains.
import pLimit from 'p-limit'
import { ok, type Result } from '../core/model/problem.ts'

/** Results in the order of the items, or the failure that came first; no item is begun after that. */
export async function mapConcurrently<T, R, E>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<Result<R, E>>,
): Promise<Result<R[], E>> {
  let failure: Result<never, E> | undefined
  const results = await pLimit(concurrency).map(items, async (item) => {
    if (failure) return failure
    const result = await work(item)
    if (!result.ok) failure ??= result
    return result
  })
  return failure ?? ok(results.flatMap((result) => (result.ok ? [result.value] : [])))
}
