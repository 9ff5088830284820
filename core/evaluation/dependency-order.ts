// Finds in which order flags can be evaluated: each flag after its dependencies.
import type { Flag } from '../model/flag.ts'
import { dependenciesOf } from '../model/snapshot.ts'

const noIndexes: readonly number[] = []

export type DependencyOrder = {
  /** Indexes of all transitive dependencies, each after its own. */
  readonly dependencies: readonly number[]
  /** Set if the flag cannot be evaluated: a cycle, or a dependency that does not exist. */
  readonly message: string | undefined
}
const independent: DependencyOrder = { dependencies: noIndexes, message: undefined }

/**
 * Visits the dependencies depth first. A cycle or a missing flag anywhere below is an error of this flag too.
 * `orders` holds the flags visited so far.
 */
export function dependencyOrder(
  index: number,
  flags: readonly Flag[],
  flagIndexes: ReadonlyMap<string, number>,
  orders: Map<number, DependencyOrder>,
): DependencyOrder {
  const known = orders.get(index)
  if (known) return known
  const keys = dependenciesOf(flags[index]!)
  if (keys.length === 0) return independent
  // Replaced below. Only a cycle reads it in between.
  orders.set(index, { dependencies: noIndexes, message: `depends on itself through ${flags[index]!.key}` })
  const order = gather(keys, flags, flagIndexes, orders)
  orders.set(index, order)
  return order
}

function gather(
  keys: readonly string[],
  flags: readonly Flag[],
  flagIndexes: ReadonlyMap<string, number>,
  orders: Map<number, DependencyOrder>,
): DependencyOrder {
  const dependencies = new Set<number>()
  for (const key of keys) {
    const index = flagIndexes.get(key)
    if (index === undefined)
      return { dependencies: noIndexes, message: `depends on the flag ${key}, which does not exist` }
    const order = dependencyOrder(index, flags, flagIndexes, orders)
    if (order.message !== undefined) return { dependencies: noIndexes, message: order.message }
    for (const each of order.dependencies) dependencies.add(each)
    dependencies.add(index)
  }
  return { dependencies: [...dependencies], message: undefined }
}
