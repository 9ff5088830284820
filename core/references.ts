// What a flag names outside itself: other flags and their variations, segments, and rule ids that must be its own.
import type { EnvironmentState } from './environment.ts'
import type { Flag } from './flag.ts'
import type { FieldProblem } from './problem.ts'
import { dependenciesOf } from './snapshot.ts'

/** Other flags, segments and their variations that the flag names must exist, and no flag may depend on itself. */
export function referenceProblems(
  state: EnvironmentState,
  flag: Flag,
  owners: RuleOwners = ruleOwners(state),
): FieldProblem[] {
  const found: FieldProblem[] = []
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
  const checkId = (path: string, id: string) => {
    const other = owners.get(id)?.find((key) => key !== flag.key)
    if (other !== undefined)
      found.push({ path, rule: 'taken', message: `another flag, ${other}, has a rule ${id}` })
  }
  flag.rules.forEach(({ id }, i) => checkId(`rules.${i}.id`, id))
  checkId('defaultStrategy.id', flag.defaultStrategy.id)
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

/** Keys of the flags that have a rule of an id: one, in a sound environment. */
export type RuleOwners = ReadonlyMap<string, readonly string[]>

const known = new WeakMap<EnvironmentState['flag'], RuleOwners>()

/**
 * Which flag each rule id belongs to: an AB Tasty activation names a rule and no flag, so an id is one flag's in the whole environment.
 * Made once per state.
 */
export function ruleOwners({ flag: flags }: EnvironmentState): RuleOwners {
  const made = known.get(flags)
  if (made) return made
  const owners = new Map<string, string[]>()
  for (const { key, rules, defaultStrategy } of flags.values()) {
    for (const { id } of [...rules, defaultStrategy]) {
      const others = owners.get(id)
      if (others) others.push(key)
      else owners.set(id, [key])
    }
  }
  known.set(flags, owners)
  return owners
}

function reaches(state: EnvironmentState, from: Flag, key: string, seen: Set<string> = new Set()): boolean {
  if (from.key === key) return true
  if (seen.has(from.key)) return false
  seen.add(from.key)
  return dependenciesOf(from).some((next) => {
    const flag = state.flag.get(next)
    return flag !== undefined && reaches(state, flag, key, seen)
  })
}
