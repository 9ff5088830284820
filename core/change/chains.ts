// Chains of flags that depend on each other, and of segments that refer to each other: no cycles, and a
// limited depth. Everything here takes time in proportion to the size of the environment.
import { segmentsIn } from '../model/segment-keys.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import { flagDepthMax, segmentDepthMax } from '../model/limits.ts'
import type { FieldProblem } from '../model/problem.ts'
import { dependenciesOf } from '../model/snapshot.ts'
import { visitDependenciesFirst } from '../model/visit-dependencies.ts'

type ChainKind = 'flag' | 'segment'

const depthMax = { flag: flagDepthMax, segment: segmentDepthMax }
const verbs = { flag: 'depends on', segment: 'refers to' }

interface Chains {
  readonly next: (key: string) => readonly string[]
  /** Links of the longest chain that begins at a key, and of the longest that ends there. */
  readonly below: ReadonlyMap<string, number>
  readonly above: ReadonlyMap<string, number>
  readonly hasCycle: boolean
}

const known = new WeakMap<ReadonlyMap<string, unknown>, Chains>()

/** Computed once per state. */
function chainsIn(state: EnvironmentState, kind: ChainKind): Chains {
  const made = known.get(state[kind])
  if (made) return made
  const links = new Map<string, readonly string[]>()
  for (const entity of state[kind].values()) {
    const named = 'rules' in entity ? dependenciesOf(entity) : segmentsIn(entity.anyOf)
    if (named.length > 0) links.set(entity.key, named)
  }
  const none: readonly string[] = []
  const next = (key: string) => links.get(key) ?? none
  const order: string[] = []
  let hasCycle = false
  visitDependenciesFirst(
    links.keys(),
    next,
    (key) => order.push(key),
    () => (hasCycle = true),
  )
  const below = new Map<string, number>()
  for (const key of order)
    below.set(
      key,
      next(key).reduce((depth, named) => Math.max(depth, 1 + (below.get(named) ?? 0)), 0),
    )
  const above = new Map<string, number>()
  for (const key of order.toReversed())
    for (const named of next(key))
      above.set(named, Math.max(above.get(named) ?? 0, 1 + (above.get(key) ?? 0)))
  const chains = { next, below, above, hasCycle }
  known.set(state[kind], chains)
  return chains
}

/** What is wrong with a link in `after`. `isNew`: a chain is measured only where it grows. */
export function chainProblems(
  after: EnvironmentState,
  kind: ChainKind,
  link: { readonly from: string; readonly to: string; readonly path: string; readonly isNew: boolean },
): FieldProblem[] {
  const { from, to, path, isNew } = link
  const chains = chainsIn(after, kind)
  // `hasCycle` does not cover a link that the state does not have yet.
  const mayBeCycle = chains.hasCycle || !chains.next(from).includes(to)
  const cycle = mayBeCycle ? pathBetween(chains, to, from) : undefined
  if (cycle) {
    const message = `${to} ${verbs[kind]} this ${kind}: ${shortened([from, ...cycle]).join(' -> ')}`
    return [{ path, rule: 'cycle', message }]
  }
  if (!isNew || chains.hasCycle) return [] // chains are measured once there is no cycle
  const length = (chains.above.get(from) ?? 0) + 1 + (chains.below.get(to) ?? 0)
  if (length <= depthMax[kind]) return []
  const message = `makes a chain of ${length} ${kind}s below another; at most ${depthMax[kind]} are allowed`
  return [{ path, rule: 'depth', message }]
}

/** The shortest path from one key to another, both included. */
function pathBetween({ next }: Chains, from: string, to: string): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]])
  for (const key of cameFrom.keys()) {
    if (key === to) {
      const path: string[] = []
      for (let at: string | undefined = to; at !== undefined; at = cameFrom.get(at)) path.unshift(at)
      return path
    }
    for (const named of next(key)) if (!cameFrom.has(named)) cameFrom.set(named, key)
  }
  return undefined
}

const shownMax = 12

const shortened = (keys: readonly string[]) =>
  keys.length <= shownMax
    ? keys
    : [...keys.slice(0, shownMax - 2), `(${keys.length - shownMax + 1} more)`, keys.at(-1)!]
