// Checks the references of flags and segments: the flags, variations and segments they name must exist, no
// reference may form a cycle, and keys, aliases and rule ids must be unique in the environment.
import type { Clause } from '../model/clause.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'
import type { FieldProblem } from '../model/problem.ts'
import type { Segment } from '../model/segment.ts'
import { segmentsIn } from '../model/segment-keys.ts'
import { dependenciesOf } from '../model/snapshot.ts'
import { repeatedTargets } from '../model/targets.ts'
import { chainProblems } from './chains.ts'
import { segmentOperators } from '../model/vocabulary.ts'
import { valueSchemaProblems } from './value-schema/flag-values.ts'

/**
 * The flags, variations and segments that the flag refers to must exist, no flag may depend on itself, and
 * its values fit its schema.
 * `before` is the stored flag that this one replaces. References that it already has are not refused for
 * rules that were introduced later.
 */
export function referenceProblems(state: EnvironmentState, flag: Flag, before?: Flag): FieldProblem[] {
  const found: FieldProblem[] = [
    ...nameProblems(state, flag),
    ...targetProblems(flag, before),
    ...valueSchemaProblems(flag, before),
  ]
  const linksBefore = new Set(before && dependenciesOf(before))
  const check = (path: string, flagKey: string, variationIds: readonly string[]) => {
    const other = state.flag.get(flagKey)
    if (!other) return found.push({ path, rule: 'unknown-flag', message: `there is no flag ${flagKey}` })
    for (const id of variationIds) {
      if (!other.variations.some((variation) => variation.id === id))
        found.push({ path, rule: 'unknown-variation', message: `${flagKey} has no variation ${id}` })
    }
    const link = { from: flag.key, to: flagKey, path, isNew: !linksBefore.has(flagKey) }
    return found.push(...chainProblems(state, 'flag', link))
  }
  flag.prerequisites.forEach(({ flagKey, variationId }, i) =>
    check(`prerequisites.${i}`, flagKey, [variationId]),
  )
  flag.rules.forEach(({ anyOf }, r) => {
    anyOf.forEach((group, g) => {
      group.forEach((clause, c) => {
        const path = `rules.${r}.anyOf.${g}.${c}`
        if (clause.operator === 'flag-is') check(path, clause.attribute, clause.values)
        found.push(...segmentProblems(state, path, clause))
      })
    })
  })
  return found
}

const segmentProblems = (state: EnvironmentState, path: string, { operator, values }: Clause) =>
  values.flatMap((key): FieldProblem[] =>
    !segmentOperators.has(operator) || state.segment.has(key)
      ? []
      : [{ path, rule: 'unknown-segment', message: `there is no segment ${key}` }],
  )

/** The segments that a segment refers to must exist, and no segment may refer to itself, also indirectly. */
export function segmentReferenceProblems(
  state: EnvironmentState,
  { key, anyOf }: Segment,
  before?: Segment,
): FieldProblem[] {
  const linksBefore = new Set(before && segmentsIn(before.anyOf))
  return anyOf.flatMap((group, g) =>
    group.flatMap((clause, c) => {
      const path = `anyOf.${g}.${c}`
      const missing = segmentProblems(state, path, clause)
      if (missing.length > 0) return missing
      const referenced = segmentsIn([[clause]])
      return referenced.flatMap((to) =>
        chainProblems(state, 'segment', { from: key, to, path, isNew: !linksBefore.has(to) }),
      )
    }),
  )
}

/** Evaluation uses the first target that lists a key, so a second one would have no effect. */
function targetProblems({ targets }: Flag, before: Flag | undefined): FieldProblem[] {
  if (before && JSON.stringify(before.targets) === JSON.stringify(targets)) return []
  return repeatedTargets(targets).map(({ target, index, key, first, second }) => ({
    path: `targets.${target}.targetingKeys.${index}`,
    rule: 'duplicate',
    message: `${key} is a target of variation ${first} already, and cannot be one of ${second}`,
  }))
}

/** Key, aliases and rule ids that another flag already uses. */
function nameProblems(state: EnvironmentState, flag: Flag): FieldProblem[] {
  const found: FieldProblem[] = []
  const owners = ownersOf(state)
  const check = (path: string, keys: readonly string[] | undefined, what: string) => {
    const other = keys?.find((key) => key !== flag.key)
    if (other !== undefined)
      found.push({ path, rule: 'taken', message: `another flag, ${other}, has ${what}` })
  }
  check('key', owners.aliases.get(flag.key), `the slug or campaign id ${flag.key}`)
  for (const path of aliasFields) {
    const alias = flag[path]
    if (alias === undefined) continue
    const keys = [...(owners.aliases.get(alias) ?? []), ...(state.flag.has(alias) ? [alias] : [])]
    check(path, keys, `the name ${alias}`)
  }
  flag.rules.forEach(({ id }, i) => check(`rules.${i}.id`, owners.rules.get(id), `a rule ${id}`))
  const { id } = flag.defaultStrategy
  check('defaultStrategy.id', owners.rules.get(id), `a rule ${id}`)
  return found
}

/** From a name to the keys of the flags that have it. In a valid environment that is one flag. */
type Owners = ReadonlyMap<string, readonly string[]>

const ownersByFlags = new WeakMap<
  EnvironmentState['flag'],
  { readonly rules: Owners; readonly aliases: Owners }
>()

/** Names of a flag besides its key. No other flag may use one of them as key or alias. */
export const aliasFields = ['slug', 'campaignId'] as const

/**
 * The flag that each rule id and each alias belongs to. Rule ids are unique in the environment because an AB
 * Tasty activation names a rule but no flag. Computed once per state.
 */
export function ownersOf({ flag: flags }: EnvironmentState): {
  readonly rules: Owners
  readonly aliases: Owners
} {
  const made = ownersByFlags.get(flags)
  if (made) return made
  const owners = { rules: new Map<string, string[]>(), aliases: new Map<string, string[]>() }
  const add = (names: Map<string, string[]>, name: string, key: string) => {
    const others = names.get(name)
    if (others) others.push(key)
    else names.set(name, [key])
  }
  for (const flag of flags.values()) {
    const { key, rules, defaultStrategy } = flag
    for (const alias of new Set(aliasFields.map((field) => flag[field])))
      if (alias !== undefined) add(owners.aliases, alias, key)
    for (const { id } of [...rules, defaultStrategy]) add(owners.rules, id, key)
  }
  ownersByFlags.set(flags, owners)
  return owners
}
