// Finds values in a snapshot that this version does not know. Control is deployed before edge, so a snapshot
// may come from a newer version. Deciding as if an unknown operator were false would be wrong, and for a
// negated one it would hold for everybody: such a flag is an error of its own instead.
import type { AnyOf } from '../model/clause.ts'
import type { Flag, Strategy } from '../model/flag.ts'
import type { Segment } from '../model/segment.ts'
import { flagTypes } from '../model/value.ts'
import { allocations, operators, strategyKinds } from '../model/vocabulary.ts'

const known = {
  type: new Set<string>(flagTypes),
  operator: new Set<string>(operators),
  strategy: new Set<string>(strategyKinds),
  allocation: new Set<string>(allocations),
}

/** Why a segment's rules cannot be evaluated here; undefined if they can. */
export const unknownInSegment = ({ anyOf }: Segment): string | undefined => unknownOperator(anyOf)

/**
 * Why a flag cannot be evaluated here; undefined if it can. `segments` has the same for segments, by key. A
 * disabled flag never reads its rules, so only its type counts.
 */
export function unknownInFlag(flag: Flag, segments: ReadonlyMap<string, string>): string | undefined {
  if (!known.type.has(flag.type)) return `the flag type ${flag.type} is not known here`
  if (!flag.enabled) return undefined
  if (!known.allocation.has(flag.allocation)) return `the allocation ${flag.allocation} is not known here`
  for (const { anyOf, strategy } of flag.rules) {
    const unknown = unknownOperator(anyOf) ?? unknownStrategy(strategy) ?? unknownSegment(anyOf, segments)
    if (unknown !== undefined) return unknown
  }
  return unknownStrategy(flag.defaultStrategy.strategy)
}

function unknownOperator(anyOf: AnyOf): string | undefined {
  for (const group of anyOf)
    for (const { operator } of group)
      if (!known.operator.has(operator)) return `the operator ${operator} is not known here`
  return undefined
}

const unknownStrategy = ({ kind }: Strategy): string | undefined =>
  known.strategy.has(kind) ? undefined : `the strategy ${kind} is not known here`

function unknownSegment(anyOf: AnyOf, segments: ReadonlyMap<string, string>): string | undefined {
  if (segments.size === 0) return undefined
  for (const group of anyOf)
    for (const { operator, values } of group) {
      if (operator !== 'in-segment') continue
      for (const key of values) {
        const unknown = segments.get(key)
        if (unknown !== undefined) return `in segment ${key}: ${unknown}`
      }
    }
  return undefined
}
