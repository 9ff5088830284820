// The same change of many flags at once: on or off, archived or not, tags, the maintainer. All in one change,
// or none.
import type { FlagChanges } from '../model/flag-draft.ts'
import type { Flag } from '../model/flag.ts'
import { type EnvironmentState, withWrites } from '../model/environment-state.ts'
import { type FieldProblem, type Problem, type Result, ok, refuse } from '../model/problem.ts'
import type { CommandOf } from './command.ts'
import { dependentsBrokenBy } from './dependents.ts'
import { fieldsAfter } from './edit-flag.ts'
import { type Change, type ChangeContext, countsOf, edited, inUse, problemsOf } from './entity.ts'

type Changes = CommandOf<'update-flags'>['changes']

/** Each is checked beside all the others: flags that depend on each other may be archived together. */
export function updateFlags(
  state: EnvironmentState,
  { keys, changes }: CommandOf<'update-flags'>,
  context: ChangeContext,
): Result<Change> {
  const all = [...new Set(keys)]
  const problems = new Map<string, Problem>()
  const writes = all.flatMap((key) => {
    const next = edited(state, 'flag', { id: key }, context, (flag) =>
      fieldsAfter(flag, changesOf(flag, changes), context),
    )
    if (!next.ok) problems.set(key, next.problem)
    return next.ok && next.value ? [{ kind: 'flag' as const, id: key, value: next.value }] : []
  })
  const after = withWrites(state, writes)
  for (const write of writes) {
    const sound = problemsOf(after, write, state)
    const dependents = sound.ok ? dependentsBrokenBy(after, write.value) : []
    if (!sound.ok) problems.set(write.id, sound.problem)
    else if (dependents.length > 0) problems.set(write.id, inUse('this would break', dependents).problem)
  }
  if (problems.size === 0) return ok({ writes, entity: countsOf(state, writes) })
  const fields = all.flatMap((key) => fieldProblemOf(key, problems.get(key)) ?? [])
  return refuse('CONFLICT', 'some of the flags cannot be changed so: leave them out', { fields })
}

function fieldProblemOf(key: string, problem: Problem | undefined): FieldProblem | undefined {
  if (!problem) return undefined
  const { message, fields: [first] = [] } = problem
  return { path: `flags.${key}`, message: first ? `${message}: ${first.path} ${first.message}` : message }
}

function changesOf({ tags }: Flag, { addTags, removeTags, ...changes }: Changes): FlagChanges {
  if (!addTags && !removeTags) return changes
  const gone = new Set(removeTags)
  return { ...changes, tags: [...new Set([...tags, ...(addTags ?? [])])].filter((tag) => !gone.has(tag)) }
}
