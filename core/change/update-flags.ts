// The same change of many flags at once: on or off, archived or not, tags, the maintainer. All in one change,
// or none.
import type { FlagChanges } from '../model/flag-draft.ts'
import type { Flag } from '../model/flag.ts'
import { type EnvironmentState, withWrites, type Write } from '../model/environment-state.ts'
import { type FieldProblem, type Result, ok, refuse } from '../model/problem.ts'
import type { CommandOf } from './command.ts'
import { updateFlag } from './edit-flag.ts'
import { type Change, type ChangeContext, countsOf } from './entity.ts'

type Changes = CommandOf<'update-flags'>['changes']

/**
 * A flag that is refused because another one depends on it is tried again after the others: both may be
 * archived together, whichever is named first.
 */
export function updateFlags(
  state: EnvironmentState,
  { keys, changes }: CommandOf<'update-flags'>,
  context: ChangeContext,
): Result<Change> {
  const writes: Write[] = []
  let now = state
  let waiting: readonly string[] = [...new Set(keys)]
  let problems: FieldProblem[] = []
  for (let before = Infinity; waiting.length > 0 && waiting.length < before;) {
    before = waiting.length
    problems = []
    waiting = waiting.filter((key) => {
      const flag = now.flag.get(key)
      const made = updateFlag(now, { id: key, changes: flag ? changesOf(flag, changes) : {} }, context)
      if (made.ok) {
        writes.push(...made.value.writes)
        now = withWrites(now, made.value.writes)
        return false
      }
      const { message, fields } = made.problem
      const why = fields?.[0] ? `${message}: ${fields[0].path} ${fields[0].message}` : message
      problems.push({ path: `flags.${key}`, message: why })
      return true
    })
  }
  if (problems.length > 0)
    return refuse('CONFLICT', 'some of the flags cannot be changed so: leave them out', { fields: problems })
  return ok({ writes, entity: countsOf(state, writes) })
}

function changesOf({ tags }: Flag, { addTags, removeTags, ...changes }: Changes): FlagChanges {
  if (!addTags && !removeTags) return changes
  const gone = new Set(removeTags)
  return { ...changes, tags: [...new Set([...tags, ...(addTags ?? [])])].filter((tag) => !gone.has(tag)) }
}
