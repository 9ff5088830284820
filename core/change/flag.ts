// What happens to one flag: made, edited, its rules put in another order, cloned, brought from another
// environment.
import type { CommandOf } from './command.ts'
import { type EnvironmentState, settingsIn } from '../model/environment-state.ts'
import type { Flag, Slice, Strategy } from '../model/flag.ts'
import type { FlagChanges } from '../model/flag-draft.ts'
import { versionedFields } from '../model/versioned.ts'
import { rebalance, strategiesOf } from '../model/rebalance.ts'
import { type FieldProblem, type Result, ok, refuse } from '../model/problem.ts'
import { strandedBy } from './dependents.ts'
import {
  type EditTarget,
  type Change,
  type ChangeContext,
  create,
  find,
  inUse,
  remove,
  update,
} from './entity.ts'
import { ownersOf } from './references.ts'

export function createFlag(
  state: EnvironmentState,
  { flag: draft }: CommandOf<'create-flag'>,
  context: ChangeContext,
): Result<Change> {
  const allocation = draft.allocation ?? settingsIn(state).defaultAllocation
  return create(
    state,
    'flag',
    draft.key,
    { ...withIds(draft, context), allocation, archived: false },
    context,
  )
}

export const updateFlag = (
  state: EnvironmentState,
  target: EditTarget & { changes: FlagChanges },
  context: ChangeContext,
) => editFlag(state, target, context, (current) => edit(current, target.changes, context))

/** Every edit of a flag: other flags may not be left standing on what it takes away. */
export function editFlag(
  state: EnvironmentState,
  target: EditTarget,
  context: ChangeContext,
  edited: (current: Flag) => object,
): Result<Change> {
  const changed = update(state, 'flag', target, context, edited)
  if (!changed.ok || changed.value.writes.length === 0) return changed
  const dependents = strandedBy(state, changed.value.entity as Flag)
  return dependents.length > 0 ? inUse('other flags depend on this:', dependents) : changed
}

/** Only from the archive, so that nobody deletes by mistake what users still see. */
export function deleteFlag(state: EnvironmentState, target: EditTarget): Result<Change> {
  const found = find(state, 'flag', target)
  if (found.ok && !found.value.archived)
    return refuse('CONFLICT', 'archive the flag before you delete it', { current: found.value })
  return found.ok ? remove(state, 'flag', target) : found
}

export function reorderRules(
  state: EnvironmentState,
  { key, version, ruleIds }: CommandOf<'reorder-rules'>,
  context: ChangeContext,
): Result<Change> {
  const target = { id: key, version, changes: { ruleIds } }
  const found = find(state, 'flag', target)
  if (!found.ok) return found
  const rules = new Map(found.value.rules.map((rule) => [rule.id, rule]))
  const isWhole = ruleIds.length === rules.size && new Set(ruleIds).size === rules.size
  if (!isWhole || !ruleIds.every((id) => rules.has(id))) {
    const fields = [{ path: 'ruleIds', message: `must be these, each once: ${[...rules.keys()].join(', ')}` }]
    return refuse('INVALID', 'the order must name every rule of the flag once', { fields })
  }
  return editFlag(state, target, context, (current) => ({
    ...current,
    rules: ruleIds.map((id) => rules.get(id)!),
  }))
}

/** The same flag under another key: off, and splitting users anew. */
export function cloneFlag(
  state: EnvironmentState,
  { key, version, as, name }: CommandOf<'clone-flag'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'flag', { id: key, version })
  if (!found.ok) return found
  const { rules, defaultStrategy, slug: _, ...rest } = withoutVersion(found.value)
  const copy = {
    ...rest,
    key: as,
    name: name ?? rest.name,
    enabled: false,
    archived: false,
    seed: rest.seed === '' ? '' : context.newId(),
    rules: rules.map((rule) => ({ ...rule, id: context.newId() })),
    defaultStrategy: { ...defaultStrategy, id: context.newId() },
  }
  return create(state, 'flag', as, copy, context)
}

/**
 * A flag of another environment. It keeps the ids of its rules where they are free, so that users are split
 * alike in both. What it stands on and is not here stays behind and is listed: a whole rule rather than a
 * clause of it, since a rule with fewer clauses is for more people. It arrives off; one that was here already
 * stays on or off as it is.
 */
export function copyFlag(
  state: EnvironmentState,
  command: CommandOf<'copy-flag'>,
  context: ChangeContext,
): Result<Change> {
  const { flag, version, replace } = command
  const current = state.flag.get(flag.key)
  if (current && !replace)
    return refuse('CONFLICT', `flag ${flag.key} exists here already; replace it on purpose`, { current })
  const { fitted, notes } = fit(state, flag, context)
  const changed = current
    ? editFlag(state, { id: flag.key, version, changes: fitted }, context, () => ({
        ...fitted,
        enabled: current.enabled,
        archived: current.archived,
      }))
    : create(state, 'flag', flag.key, { ...fitted, enabled: false, archived: false }, context)
  return changed.ok ? ok({ ...changed.value, notes }) : changed
}

function fit(
  state: EnvironmentState,
  flag: Flag,
  context: ChangeContext,
): { fitted: object; notes: FieldProblem[] } {
  const notes: FieldProblem[] = []
  const variationMissing = (key: string, ids: readonly string[]) => {
    const other = state.flag.get(key)
    if (!other) return `there is no flag ${key} here`
    const gone = ids.find((id) => !other.variations.some((variation) => variation.id === id))
    return gone === undefined ? undefined : `flag ${key} has no variation ${gone} here`
  }
  const owners = ownersOf(state)
  const isTaken = (keys: readonly string[] | undefined) => keys?.some((key) => key !== flag.key) ?? false
  const freeId = (id: string, path: string) => {
    if (!isTaken(owners.rules.get(id))) return id
    notes.push({
      path,
      message: `another flag here has a rule ${id}: it gets a new id, and splits users anew`,
    })
    return context.newId()
  }
  const prerequisites = flag.prerequisites.filter(({ flagKey, variationId }, i) => {
    const message = variationMissing(flagKey, [variationId])
    if (message !== undefined) notes.push({ path: `prerequisites.${i}`, message })
    return message === undefined
  })
  const rules = flag.rules.flatMap((rule, i) => {
    const problems = rule.anyOf.flat().flatMap(({ operator, attribute, values }) => {
      if (operator === 'flag-is') return variationMissing(attribute, values) ?? []
      if (operator !== 'in-segment') return []
      return values.filter((key) => !state.segment.has(key)).map((key) => `there is no segment ${key} here`)
    })
    for (const message of new Set(problems)) notes.push({ path: `rules.${i}`, message })
    return problems.length === 0 ? [{ ...rule, id: freeId(rule.id, `rules.${i}.id`) }] : []
  })
  const defaultStrategy = {
    ...flag.defaultStrategy,
    id: freeId(flag.defaultStrategy.id, 'defaultStrategy.id'),
  }
  const { slug, ...rest } = withoutVersion(flag)
  const isFree =
    slug !== undefined && !isTaken(owners.slugs.get(slug)) && (slug === flag.key || !state.flag.has(slug))
  if (slug !== undefined && !isFree)
    notes.push({ path: 'slug', message: `another flag here is called ${slug}` })
  return { fitted: { ...rest, ...(isFree && { slug }), prerequisites, rules, defaultStrategy }, notes }
}

export function withoutVersion<T extends object>(entity: T): Omit<T, keyof typeof versionedFields> {
  const rest = { ...entity } as Record<string, unknown>
  for (const field of Object.keys(versionedFields)) delete rest[field]
  return rest as Omit<T, keyof typeof versionedFields>
}

function edit(
  current: Flag,
  { resetSeed, keepVisitors, slug, content, offVariationId, slices, assignment, ...changes }: FlagChanges,
  context: ChangeContext,
): object {
  const drafted = withIds({ ...current, ...(changes as Partial<Flag>) }, context)
  const edited = keepVisitors ? withRebalancedRanges(current, drafted) : drafted
  const optional: Record<string, unknown> = { slug, content, offVariationId, slices, assignment }
  const fields = edited as Record<string, unknown>
  for (const [field, value] of Object.entries(optional)) {
    if (value === null) delete fields[field]
    else if (value !== undefined) fields[field] = value
  }
  if (!resetSeed) return edited
  // Percent allocation is salted with the rules' ids, fine allocation with the seed.
  if (edited.allocation === 'fine') return { ...edited, seed: context.newId() }
  const renewed = <T extends object>(part: T) => ({ ...part, id: context.newId() })
  return { ...edited, rules: edited.rules.map(renewed), defaultStrategy: renewed(edited.defaultStrategy) }
}

/** Where each rule had its variations before is where it keeps them, as far as the weights allow. */
function withRebalancedRanges<T extends Pick<Flag, 'rules' | 'defaultStrategy'>>(
  current: Flag,
  edited: T,
): T {
  const before = strategiesOf(current)
  const laid = <P extends { id: string; strategy: Strategy }>(part: P): P => {
    const earlier = before.get(part.id)
    if (!earlier || part.strategy.kind !== 'rollout') return part
    return { ...part, strategy: rebalance(earlier, part.strategy) }
  }
  return { ...edited, rules: edited.rules.map(laid), defaultStrategy: laid(edited.defaultStrategy) }
}

interface Identified {
  readonly id?: string | undefined
}

function withIds<T extends { rules: readonly Identified[]; defaultStrategy: Identified }>(
  draft: T,
  context: ChangeContext,
) {
  const identified = <P extends Identified>(part: P) => ({ ...part, id: part.id ?? context.newId() })
  return {
    ...draft,
    rules: draft.rules.map(identified),
    defaultStrategy: identified(draft.defaultStrategy),
  } as T & {
    offVariationId?: string
    slices?: readonly Slice[]
    rules: { id: string }[]
    defaultStrategy: { id: string }
  }
}
