// Compiles the segments of a snapshot, each after the segments that its rules ask for.
import type { Segment } from '../model/segment.ts'
import { segmentsIn } from '../model/segment-keys.ts'
import { segmentDepthMax } from '../model/limits.ts'
import type { Members } from '../model/members.ts'
import { visitDependenciesFirst } from '../model/visit-dependencies.ts'
import { compileGroups, type CompileScope } from './compiled-condition.ts'
import { unknownInClauses } from './unknown-values.ts'

/**
 * Adds the segments to the scope. Returns why others cannot be evaluated, by key: an unknown value, a cycle,
 * or more depth than evaluation, which calls itself for each level, is meant for. The admin API accepts
 * neither of the latter two. A segment that is named and does not exist has no members.
 */
export function compileSegments(
  segments: readonly Segment[],
  members: ReadonlyMap<string, Members>,
  scope: CompileScope,
): ReadonlyMap<string, string> {
  const byKey = new Map(segments.map((segment) => [segment.key, segment]))
  const inner = new Map(
    segments.map(({ key, anyOf }) => [key, segmentsIn(anyOf).filter((named) => byKey.has(named))] as const),
  )
  const problems = new Map<string, string>()
  const depths = new Map<string, number>()
  const problemOf = ({ key, anyOf }: Segment): string | undefined => {
    const unknown = unknownInClauses(anyOf)
    if (unknown !== undefined) return `${unknown} in segment ${key} is not known here`
    let depth = 0
    for (const named of inner.get(key)!) {
      const below = depths.get(named)
      if (below === undefined) return `segment ${key} depends on itself through ${named}`
      depth = Math.max(depth, below + 1)
      const problem = problems.get(named)
      if (problem !== undefined) return problem
    }
    depths.set(key, depth)
    return depth > segmentDepthMax ? `segment ${key} is nested too deep` : undefined
  }
  visitDependenciesFirst(
    byKey.keys(),
    (key) => inner.get(key)!,
    (key) => {
      const segment = byKey.get(key)!
      const problem = problemOf(segment)
      if (!depths.has(key)) depths.set(key, 0)
      if (problem !== undefined) problems.set(key, problem)
      else
        scope.segments.set(key, {
          generation: 0,
          result: false,
          key,
          included: new Set(segment.included),
          members: members.get(key),
          anyOf: compileGroups(segment.anyOf, scope),
        })
    },
  )
  return problems
}
