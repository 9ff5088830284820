// Many small transfers at once, but not all of them.
import { done, type Outcome } from '../failure.ts'

/** Results in the order of the items, or the first failure; nothing new is begun after that. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanesMax: number,
  work: (item: T) => Promise<Outcome<R>>,
): Promise<Outcome<R[]>> {
  const results: R[] = []
  const failures: Extract<Outcome<R>, { ok: false }>[] = []
  // The lanes share the iterator: each takes the next item when it has finished one.
  const entries = items.entries()
  const lane = async () => {
    for (const [i, item] of entries) {
      const outcome = await work(item)
      if (outcome.ok) results[i] = outcome.value
      else failures.push(outcome)
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanesMax, items.length) }, lane))
  return failures[0] ?? done(results)
}
