// In which order flags can be decided: each after those that it depends on.
import type { Flag } from '../model/flag.ts'
import { dependenciesOf } from '../model/snapshot.ts'

const noPlaces: readonly number[] = []

export type DependencyOrder = {
  readonly dependencies: readonly number[]
  readonly message: string | undefined
}
const free: DependencyOrder = { dependencies: noPlaces, message: undefined }

/** Depth first through what the flag depends on. A cycle or a gap anywhere below is this flag's own error. */
export function dependencyOrder(
  index: number,
  flags: readonly Flag[],
  places: ReadonlyMap<string, number>,
  known: Map<number, DependencyOrder>,
): DependencyOrder {
  const done = known.get(index)
  if (done) return done
  const keys = dependenciesOf(flags[index]!)
  if (keys.length === 0) return free
  known.set(index, { dependencies: noPlaces, message: `depends on itself through ${flags[index]!.key}` }) // until it is known better
  const order = gather(keys, flags, places, known)
  known.set(index, order)
  return order
}

function gather(
  keys: readonly string[],
  flags: readonly Flag[],
  places: ReadonlyMap<string, number>,
  known: Map<number, DependencyOrder>,
): DependencyOrder {
  const dependencies = new Set<number>()
  for (const key of keys) {
    const place = places.get(key)
    if (place === undefined)
      return { dependencies: noPlaces, message: `depends on the flag ${key}, which is not there` }
    const order = dependencyOrder(place, flags, places, known)
    if (order.message !== undefined) return { dependencies: noPlaces, message: order.message }
    for (const each of order.dependencies) dependencies.add(each)
    dependencies.add(place)
  }
  return { dependencies: [...dependencies], message: undefined }
}
