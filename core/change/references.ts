// What a flag names outside itself: other flags and their variations, segments, and the names that must be
// its own.
import type { EnvironmentState } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'
import type { FieldProblem } from '../model/problem.ts'
import { dependenciesOf } from '../model/snapshot.ts'

/**
 * Other flags, segments and their variations that the flag names must exist, and no flag may depend on
 * itself.
 */
export function referenceProblems(state: EnvironmentState, flag: Flag): FieldProblem[] {
  const found: FieldProblem[] = nameProblems(state, flag)
  const check = (path: string, flagKey: string, variationIds: readonly string[]) => {
    const other = state.flag.get(flagKey)
    if (!other) return found.push({ path, rule: 'unknown-flag', message: `there is no flag ${flagKey}` })
    for (const id of variationIds) {
      if (!other.variations.some((variation) => variation.id === id))
        found.push({ path, rule: 'unknown-variation', message: `${flagKey} has no variation ${id}` })
    }
    if (reaches(state, other, flag.key))
      found.push({ path, rule: 'cycle', message: `${flagKey} depends on this flag` })
    return found.length
  }
  flag.prerequisites.forEach(({ flagKey, variationId }, i) =>
    check(`prerequisites.${i}`, flagKey, [variationId]),
  )
  flag.rules.forEach(({ anyOf }, r) => {
    anyOf.forEach((group, g) => {
      group.forEach((clause, c) => {
        const path = `rules.${r}.anyOf.${g}.${c}`
        if (clause.operator === 'flag-is') check(path, clause.attribute, clause.values)
        if (clause.operator !== 'in-segment') return
        for (const key of clause.values)
          if (!state.segment.has(key))
            found.push({ path, rule: 'unknown-segment', message: `there is no segment ${key}` })
      })
    })
  })
  return found
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
  check('key', owners.slugs.get(flag.key), `the slug ${flag.key}`)
  if (flag.slug !== undefined) {
    const { slug } = flag
    const keys = [...(owners.slugs.get(slug) ?? []), ...(state.flag.has(slug) ? [slug] : [])]
    check('slug', keys, `the name ${slug}`)
  }
  flag.rules.forEach(({ id }, i) => check(`rules.${i}.id`, owners.rules.get(id), `a rule ${id}`))
  const { id } = flag.defaultStrategy
  check('defaultStrategy.id', owners.rules.get(id), `a rule ${id}`)
  return found
}

/** Keys of the flags that have a name: one each, in a sound environment. */
type Owners = ReadonlyMap<string, readonly string[]>

const known = new WeakMap<EnvironmentState['flag'], { readonly rules: Owners; readonly slugs: Owners }>()

/**
 * Which flag each rule id and each slug belongs to: an AB Tasty activation names a rule and no flag, so an id
 * is one flag's in the whole environment. Made once per state.
 */
export function ownersOf({ flag: flags }: EnvironmentState): {
  readonly rules: Owners
  readonly slugs: Owners
} {
  const made = known.get(flags)
  if (made) return made
  const owners = { rules: new Map<string, string[]>(), slugs: new Map<string, string[]>() }
  const add = (names: Map<string, string[]>, name: string, key: string) => {
    const others = names.get(name)
    if (others) others.push(key)
    else names.set(name, [key])
  }
  for (const { key, slug, rules, defaultStrategy } of flags.values()) {
    if (slug !== undefined) add(owners.slugs, slug, key)
    for (const { id } of [...rules, defaultStrategy]) add(owners.rules, id, key)
  }
  known.set(flags, owners)
  return owners
}

function reaches(
  state: EnvironmentState,
  from: Flag,
  key: string,
  expectedVersion: Set<string> = new Set(),
): boolean {
  if (from.key === key) return true
  if (expectedVersion.has(from.key)) return false
  expectedVersion.add(from.key)
  return dependenciesOf(from).some((next) => {
    const flag = state.flag.get(next)
    return flag !== undefined && reaches(state, flag, key, expectedVersion)
  })
}
