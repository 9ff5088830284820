// Finds in which order flags can be evaluated: each flag after its dependencies.
import type { Flag } from '../model/flag.ts'
import { dependenciesOf } from '../model/snapshot.ts'
import { visitDependenciesFirst } from '../model/visit-dependencies.ts'

export interface DependencyOrder {
  /** The indexes of all flags, each after those of its dependencies. */
  readonly order: readonly number[]
  /** By flag index: the indexes of the flags that it names itself. Empty if it cannot be evaluated. */
  readonly dependsOn: readonly (readonly number[])[]
  /**
   * By flag index, set if the flag cannot be evaluated: itself, or a flag anywhere below, has an unknown
   * value, is part of a cycle, or depends on a flag that does not exist.
   */
  readonly messages: readonly (string | undefined)[]
}

const noIndexes: readonly number[] = []

/** `unknown` says what makes flags impossible to evaluate by themselves, by flag index. */
export function dependencyOrder(
  flags: readonly Flag[],
  flagIndexes: ReadonlyMap<string, number>,
  unknown: ReadonlyMap<number, string>,
): DependencyOrder {
  const keys = flags.map((flag, index) => (unknown.has(index) ? [] : dependenciesOf(flag)))
  const direct = keys.map((named) =>
    named.length === 0 ? noIndexes : named.flatMap((key) => flagIndexes.get(key) ?? []),
  )
  const order: number[] = []
  const messages: (string | undefined)[] = flags.map((_, index) => unknown.get(index))
  const isVisited = new Uint8Array(flags.length)
  const messageOf = (key: string): string | undefined => {
    const index = flagIndexes.get(key)
    if (index === undefined) return `depends on the flag ${key}, which does not exist`
    // What is named and comes later in the order closes a cycle.
    return isVisited[index] ? messages[index] : `depends on itself through ${key}`
  }
  visitDependenciesFirst(
    flags.keys(),
    (index) => direct[index]!,
    (index) => {
      for (const key of keys[index]!) if ((messages[index] ??= messageOf(key)) !== undefined) break
      isVisited[index] = 1
      order.push(index)
    },
  )
  return {
    order,
    dependsOn: direct.map((indexes, index) => (messages[index] === undefined ? indexes : noIndexes)),
    messages,
  }
}
