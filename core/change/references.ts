// What a flag names outside itself: other flags and their variations, segments, and the names that must be
// its own.
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

/**
 * Other flags, segments and their variations that the flag names must exist, and no flag may depend on
 * itself. `before` is the flag that is replaced, if there is one: what it has already is not refused where it
 * only breaks a rule that is younger.
 */
export function referenceProblems(state: EnvironmentState, flag: Flag, before?: Flag): FieldProblem[] {
  const found: FieldProblem[] = [...nameProblems(state, flag), ...targetProblems(flag, before)]
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

/** The segments that a segment's rules ask for must exist, and no segment may ask for itself. */
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
      const asked = segmentsIn([[clause]])
      return asked.flatMap((to) =>
        chainProblems(state, 'segment', { from: key, to, path, isNew: !linksBefore.has(to) }),
      )
    }),
  )
}

/** Evaluation takes the first target that lists a key: the second would have no effect. */
function targetProblems({ targets }: Flag, before: Flag | undefined): FieldProblem[] {
  if (before && JSON.stringify(before.targets) === JSON.stringify(targets)) return []
  return repeatedTargets(targets).map(({ target, index, key, first, second }) => ({
    path: `targets.${target}.targetingKeys.${index}`,
    rule: 'duplicate',
    message: `${key} is a target of variation ${first} already, and cannot be one of ${second}`,
  }))
}

/** What other flags may not be called by, or call their rules. */
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

/** Keys of the flags that have a name: one each, in a sound environment. */
type Owners = ReadonlyMap<string, readonly string[]>

const known = new WeakMap<EnvironmentState['flag'], { readonly rules: Owners; readonly aliases: Owners }>()

/** The names of a flag beside its key. No other flag has one of them, or is called so. */
export const aliasFields = ['slug', 'campaignId'] as const

/**
 * Which flag each rule id and each alias belongs to: an AB Tasty activation names a rule and no flag, so an
 * id is one flag's in the whole environment. Made once per state.
 */
export function ownersOf({ flag: flags }: EnvironmentState): {
  readonly rules: Owners
  readonly aliases: Owners
} {
  const made = known.get(flags)
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
  known.set(flags, owners)
  return owners
}
