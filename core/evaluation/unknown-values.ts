// Finds values in a snapshot that this version does not know. Control is deployed before edge, so a snapshot
// may come from a newer version. Deciding as if an unknown operator were false would be wrong, and for a
// negated one it would hold for everybody: such a flag is an error of its own instead.
import type { AnyOf } from '../model/clause.ts'
import type { Flag } from '../model/flag.ts'
import { segmentsIn } from '../model/segment-keys.ts'
import { flagTypes } from '../model/value.ts'
import { allocations, comparisons, operators, slicesOperator, strategyKinds } from '../model/vocabulary.ts'

/**
 * Why a flag cannot be evaluated: a value that this version does not know, or a segment that cannot be
 * evaluated (`segments` holds the reasons by key). Rules count also while the flag is disabled.
 */
export function problemInFlag(
  { type, allocation, rules, defaultStrategy }: Flag,
  segments: ReadonlyMap<string, string>,
): string | undefined {
  const unknown =
    unlisted(flagTypes, type) ??
    unlisted(allocations, allocation) ??
    unlisted(strategyKinds, defaultStrategy?.strategy?.kind) ??
    unknownInRules(rules)
  if (unknown !== undefined) return `${unknown} is not known here`
  if (segments.size === 0) return undefined
  return first(rules, ({ anyOf }) => first(segmentsIn(anyOf), (key) => segments.get(key)))
}

// In a new isolate, this reads every clause of the snapshot before any of it is compiled by the engine. So it
// loops by index: interpreted, `for of` makes an object for each step.

function unknownInRules(rules: Flag['rules']): string | undefined {
  for (let i = 0; i < rules.length; i++) {
    const { anyOf, strategy } = rules[i]!
    const unknown = unlisted(strategyKinds, strategy?.kind) ?? unknownInClauses(anyOf)
    if (unknown !== undefined) return unknown
  }
  return undefined
}

/** A value of clauses that this version does not know. */
export function unknownInClauses(anyOf: AnyOf): string | undefined {
  for (let i = 0; i < anyOf.length; i++) {
    const group = anyOf[i]!
    for (let j = 0; j < group.length; j++) {
      const { operator, compareAs } = group[j]!
      if (!knownOperators.has(operator)) return String(operator)
      if (compareAs !== undefined && !comparisons.includes(compareAs)) return String(compareAs)
    }
  }
  return undefined
}

const knownOperators: ReadonlySet<string> = new Set([...operators, slicesOperator])

/** A missing value is not known either. */
const unlisted = (known: readonly string[], value: string | undefined): string | undefined =>
  known.includes(value!) ? undefined : String(value)

const first = <T>(list: readonly T[], find: (each: T) => string | undefined): string | undefined =>
  list.map(find).find((found) => found !== undefined)
