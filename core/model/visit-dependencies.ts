// Walks a graph of dependencies depth first, with a stack of its own, because chains may be longer than the
// call stack.

/**
 * Calls `visit` once for each node that `roots` reach, after the nodes that it depends on. Takes time in
 * proportion to nodes and links. A link that closes a cycle is not followed but passed to `onCycle`; the node
 * that it leads to is visited after the one that it comes from.
 */
export function visitDependenciesFirst<T>(
  roots: Iterable<T>,
  dependenciesOf: (node: T) => readonly T[],
  visit: (node: T) => void,
  onCycle: (from: T, to: T) => void = () => undefined,
): void {
  /** For each entered node: whether all its dependencies have been visited. */
  const isDone = new Map<T, boolean>()
  const stack: { readonly node: T; readonly dependencies: readonly T[]; next: number }[] = []
  const enter = (node: T) => {
    const dependencies = dependenciesOf(node)
    isDone.set(node, dependencies.length === 0)
    if (dependencies.length === 0) visit(node)
    else stack.push({ node, dependencies, next: 0 })
  }
  for (const root of roots) {
    if (!isDone.has(root)) enter(root)
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      const { node, dependencies } = frame
      if (frame.next === dependencies.length) {
        stack.pop()
        isDone.set(node, true)
        visit(node)
        continue
      }
      const dependency = dependencies[frame.next++]!
      const done = isDone.get(dependency)
      if (done === undefined) enter(dependency)
      else if (!done) onCycle(node, dependency)
    }
  }
}
