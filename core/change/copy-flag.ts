// Copies a flag of another environment into this one.
import { segmentOperators } from '../model/vocabulary.ts'
import type { CommandOf } from './command.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'
import { type FieldProblem, type Result, ok, refuse } from '../model/problem.ts'
import { type Change, type ChangeContext, create } from './entity.ts'
import { editFlag, withoutVersion } from './edit-flag.ts'
import { keepUsers } from './keep-users.ts'
import { aliasFields, ownersOf } from './references.ts'

/**
 * A new flag keeps the ids of its rules where they are free, so that both environments split users alike, and
 * arrives disabled. With `replace`, a flag that exists here keeps its ids, allocation and seed, so that its
 * users stay where they are, and stays on or off. What the flag depends on and this environment does not have
 * is left out and listed: a whole rule rather than one clause of it, since fewer clauses match more people.
 */
export function copyFlag(
  state: EnvironmentState,
  { flag, version, replace }: CommandOf<'copy-flag'>,
  context: ChangeContext,
): Result<Change> {
  const current = state.flag.get(flag.key)
  if (current && !replace)
    return refuse('CONFLICT', `flag ${flag.key} exists here already; send replace to overwrite it`, {
      current,
    })
  const { fitted, notes } = fit(state, flag, current, context)
  const changed = current
    ? editFlag(state, { id: flag.key, version, changes: fitted }, context, () => ({
        ...fitted,
        ...keepUsers(current, fitted, context.newId, 'foreign'),
        allocation: current.allocation,
        seed: current.seed,
        enabled: current.enabled,
        archived: current.archived,
      }))
    : create(state, 'flag', flag.key, { ...fitted, enabled: false, archived: false }, context)
  return changed.ok ? ok({ ...changed.value, notes }) : changed
}

function fit(
  state: EnvironmentState,
  flag: Flag,
  current: Flag | undefined,
  { newId }: ChangeContext,
): { fitted: Omit<Flag, 'version' | 'createdAt' | 'updatedAt'>; notes: FieldProblem[] } {
  const notes: FieldProblem[] = []
  const variationMissing = (key: string, ids: readonly string[]) => {
    const other = state.flag.get(key)
    if (!other) return `there is no flag ${key} here`
    const missing = ids.find((id) => !other.variations.some((variation) => variation.id === id))
    return missing === undefined ? undefined : `flag ${key} has no variation ${missing} here`
  }
  const owners = ownersOf(state)
  const isTaken = (keys: readonly string[] | undefined) => keys?.some((key) => key !== flag.key) ?? false
  const freeId = (id: string, path: string) => {
    if (!isTaken(owners.rules.get(id))) return id
    if (!current)
      notes.push({
        path,
        message: `another flag here has a rule ${id}: it gets a new id, and splits users anew`,
      })
    return newId()
  }
  const prerequisites = flag.prerequisites.filter(({ flagKey, variationId }, i) => {
    const message = variationMissing(flagKey, [variationId])
    if (message !== undefined) notes.push({ path: `prerequisites.${i}`, message })
    return message === undefined
  })
  const rules = flag.rules.flatMap((rule, i) => {
    const problems = rule.anyOf.flat().flatMap(({ operator, attribute, values }) => {
      if (operator === 'flag-is') return variationMissing(attribute, values) ?? []
      if (!segmentOperators.has(operator)) return []
      return values.filter((key) => !state.segment.has(key)).map((key) => `there is no segment ${key} here`)
    })
    for (const message of new Set(problems)) notes.push({ path: `rules.${i}`, message })
    return problems.length === 0 ? [{ ...rule, id: freeId(rule.id, `rules.${i}.id`) }] : []
  })
  const defaultStrategy = {
    ...flag.defaultStrategy,
    id: freeId(flag.defaultStrategy.id, 'defaultStrategy.id'),
  }
  if (current && (current.allocation !== flag.allocation || current.seed !== flag.seed))
    notes.push({ path: 'allocation', message: 'stays as it is here, with its seed: users do not move' })
  const fitted = { ...withoutVersion(flag), prerequisites, rules, defaultStrategy }
  for (const field of aliasFields) {
    const alias = fitted[field]
    if (alias === undefined) continue
    if (!isTaken(owners.aliases.get(alias)) && (alias === flag.key || !state.flag.has(alias))) continue
    notes.push({ path: field, message: `another flag here is called ${alias}` })
    delete fitted[field]
  }
  return { fitted, notes }
}
