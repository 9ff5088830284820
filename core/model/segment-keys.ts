// The segments to which clauses refer. Loads no schema.
import type { AnyOf } from './clause.ts'
import type { Flag } from './flag.ts'
import { segmentOperators } from './vocabulary.ts'

/** Each key once, in the order of the clauses. */
export const segmentsIn = (anyOf: AnyOf): readonly string[] => {
  const keys = new Set<string>()
  for (const group of anyOf)
    for (const { operator, values } of group)
      if (segmentOperators.has(operator)) for (const key of values) keys.add(key)
  return keys.size === 0 ? none : [...keys]
}
const none: readonly string[] = []

/** The segments that a flag asks for by its rules. An archived flag asks for none. */
export const segmentsUsedBy = ({ archived, rules }: Flag): readonly string[] =>
  archived ? none : rules.flatMap(({ anyOf }) => segmentsIn(anyOf))
