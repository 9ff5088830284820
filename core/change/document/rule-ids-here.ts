// A document of another environment names rules by their ids there. A flag that is here keeps the ids of its
// rules, so what else the document says of a rule is said of the one that it became.
import type { EnvironmentState } from '../../model/environment-state.ts'
import type { Document } from './schema.ts'

export type RuleIdHere = (flagKey: string, ruleId: string) => string

/** `state` has the document's flags already. An id that the document gives no rule stays as it is. */
export function ruleIdsHere({ flags }: Pick<Document, 'flags'>, state: EnvironmentState): RuleIdHere {
  const known = new Map(
    Object.entries(flags).map(([key, { rules, defaultStrategy }]) => {
      const here = state.flag.get(key)
      const pairs = [
        [defaultStrategy.id, here?.defaultStrategy.id],
        ...rules.map(({ id }, i) => [id, here?.rules[i]?.id]),
      ]
      return [key, new Map(pairs.filter((pair): pair is [string, string] => !pair.includes(undefined)))]
    }),
  )
  return (flagKey, ruleId) => known.get(flagKey)?.get(ruleId) ?? ruleId
}
