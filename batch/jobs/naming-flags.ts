// The flags that name users: a person decides what becomes of them, because other users would be served
// differently too.
import type { FlagStrategies } from '../admin-api-schemas.ts'

export interface NamingFlag {
  readonly flagKey: string
  /** `targets`: individual targets. `rules`: a value of a clause is the same text as a targeting key. */
  readonly where: readonly ('targets' | 'rules')[]
}

export function namingFlags(
  flags: readonly FlagStrategies[],
  targetingKeys: readonly string[],
): NamingFlag[] {
  const names = (texts: readonly string[]) => texts.some((text) => targetingKeys.includes(text))
  return flags.flatMap(({ key, targets, rules }) => {
    const where: NamingFlag['where'] = [
      ...(names(targets.flatMap((target) => target.targetingKeys)) ? (['targets'] as const) : []),
      ...(names(rules.flatMap(({ anyOf }) => anyOf.flat().flatMap(({ values }) => values)))
        ? (['rules'] as const)
        : []),
    ]
    return where.length > 0 ? [{ flagKey: key, where }] : []
  })
}
