// Edits of a flag, whichever command makes them.
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'
import type { FlagChanges } from '../model/flag-draft.ts'
import { versionedFields } from '../model/versioned.ts'
import { type FieldProblem, type Result, refuse } from '../model/problem.ts'
import { dependentsBrokenBy } from './dependents.ts'
import { type EditTarget, type Change, type ChangeContext, find, inUse, update } from './entity.ts'
import { rehashProblems, withKeptIds, withKeptRanges } from './keep-users.ts'
import { isSameSplit } from './rule-ids.ts'

export function updateFlag(
  state: EnvironmentState,
  target: EditTarget & { readonly changes: FlagChanges },
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'flag', target)
  if (!found.ok) return found
  const fields = target.changes.resetSeed ? [] : splitProblems(found.value, target.changes)
  if (fields.length > 0) return refuse('INVALID', 'the change would move users who need not move', { fields })
  return editFlag(state, target, context, (current) => fieldsAfter(current, target.changes, context))
}

function splitProblems(current: Flag, changes: FlagChanges): FieldProblem[] {
  const { id } = changes.defaultStrategy ?? {}
  const message = `never changes: it is ${current.defaultStrategy.id}; send resetSeed to split users anew`
  const isOtherId = id !== undefined && id !== current.defaultStrategy.id
  return [
    ...rehashProblems(current, changes),
    ...renamedRules(current, changes),
    ...(isOtherId ? [{ path: 'defaultStrategy.id', rule: 'moves-users', message }] : []),
  ]
}

/** Rollouts that stay as they are under another id: percent allocation would split their users anew. */
function renamedRules({ rules: existing, allocation }: Flag, { rules = [] }: FlagChanges): FieldProblem[] {
  if (allocation !== 'percent') return []
  const sent = new Set(rules.map(({ id }) => id))
  const [known, gone] = [new Set(existing.map(({ id }) => id)), existing.filter(({ id }) => !sent.has(id))]
  return rules.flatMap((draft, i) => {
    if (draft.id === undefined || known.has(draft.id) || draft.strategy.kind === 'fixed') return []
    const same = gone.find((rule) => isSameSplit(draft, rule))
    if (!same) return []
    const message = `is ${same.id} for this rule: leave it out, or send resetSeed to split users anew`
    return [{ path: `rules.${i}.id`, rule: 'moves-users', message }]
  })
}

/** Edits a flag, unless something else depends on what the edit removes. */
export function editFlag(
  state: EnvironmentState,
  target: EditTarget,
  context: ChangeContext,
  edit: (current: Flag) => object,
): Result<Change> {
  const changed = update(state, 'flag', target, context, edit)
  if (!changed.ok || changed.value.writes.length === 0) return changed
  const dependents = dependentsBrokenBy(state, changed.value.entity as Flag)
  return dependents.length > 0 ? inUse('this would break', dependents) : changed
}

/** The flag's fields after the changes that were sent. */
export function fieldsAfter(current: Flag, sent: FlagChanges, { newId }: ChangeContext): object {
  const { resetSeed, keepVisitors: _, slug, campaignId, content, offVariationId, ...others } = sent
  const { slices, assignment, bucketBy, metadata, ...changes } = others
  const draft = { ...current, ...(changes as Partial<Flag>) }
  const identified = withKeptIds(current, draft, newId)
  const fields: Record<string, unknown> = { ...draft, ...identified }
  const optional: Record<string, unknown> = {
    slug,
    campaignId,
    content,
    offVariationId,
    slices,
    assignment,
    bucketBy,
    metadata,
  }
  for (const [field, value] of Object.entries(optional)) {
    if (value === null) delete fields[field]
    else if (value !== undefined) fields[field] = value
  }
  if (!resetSeed) return { ...fields, ...withKeptRanges(current, identified) }
  // Percent allocation is salted with the rules' ids, fine allocation with the seed.
  if (draft.allocation === 'fine') return { ...fields, seed: newId() }
  const renewed = <T extends object>(part: T) => ({ ...part, id: newId() })
  return {
    ...fields,
    rules: identified.rules.map(renewed),
    defaultStrategy: renewed(identified.defaultStrategy),
  }
}

/** The flag without the fields that the system sets. */
export function withoutVersion(flag: Flag): Omit<Flag, keyof typeof versionedFields | 'segmentsUpdatedAt'> {
  const { segmentsUpdatedAt: _, ...rest } = flag
  for (const field of Object.keys(versionedFields)) delete (rest as Record<string, unknown>)[field]
  return rest
}

/** The write that turns a flag on or off. */
export const toggled = (flag: Flag, enabled: boolean, { now }: ChangeContext): Write => ({
  kind: 'flag',
  id: flag.key,
  value: { ...flag, enabled, version: flag.version + 1, updatedAt: now },
})
