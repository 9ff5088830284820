// Finds values in a snapshot that this version does not know. Control is deployed before edge, so a snapshot
// may come from a newer version. Deciding as if an unknown operator were false would be wrong, and for a
// negated one it would hold for everybody: such a flag is an error of its own instead.
import type { AnyOf } from '../model/clause.ts'
import type { Flag } from '../model/flag.ts'
import { flagTypes } from '../model/value.ts'
import { allocations, operators, strategyKinds } from '../model/vocabulary.ts'

/** Unknown values by the key of the segment that holds them. */
type UnknownInSegments = ReadonlyMap<string, string>

/** A value of a flag that this version does not know. Rules count also while the flag is disabled. */
export const unknownInFlag = (
  { type, allocation, rules, defaultStrategy }: Flag,
  segments: UnknownInSegments,
): string | undefined =>
  unlisted(flagTypes, type) ??
  unlisted(allocations, allocation) ??
  unlisted(strategyKinds, defaultStrategy?.strategy?.kind) ??
  first(
    rules,
    ({ anyOf, strategy }) => unlisted(strategyKinds, strategy?.kind) ?? unknownInClauses(anyOf, segments),
  )

/** A value of clauses that this version does not know, or that a segment holds which they name. */
export const unknownInClauses = (anyOf: AnyOf, segments?: UnknownInSegments): string | undefined =>
  first(
    anyOf.flat(),
    ({ operator, values }) =>
      unlisted(operators, operator) ??
      (operator === 'in-segment' ? first(values, (key) => segments?.get(key)) : undefined),
  )

/** A missing value is not known either. */
const unlisted = (known: readonly string[], value: string | undefined): string | undefined =>
  known.includes(value!) ? undefined : String(value)

const first = <T>(list: readonly T[], find: (each: T) => string | undefined): string | undefined =>
  list.map(find).find((found) => found !== undefined)
