// Imports entities of another system with their ids, versions and times, all in one change.
import type { CommandOf } from './command.ts'
import type { Entities, EnvironmentState, Write } from '../model/environment-state.ts'
import { withWrites } from '../model/environment-state.ts'
import { type FieldProblem, type Result, ok, refuse } from '../model/problem.ts'
import { dependenciesOf } from '../model/snapshot.ts'
import { type Change, type ChangeContext, countsOf, isSame, isSameButVersion, parsed } from './entity.ts'
import type { Handlers } from './handler.ts'
import { writeProblems } from './reference-problems.ts'

export const importHandlers: Handlers<'import'> = { import: importEntities }

/**
 * Importing the same again changes nothing. Entities that exist here and differ are refused unless `replace`
 * is set: then they get the ids of the import, so that users get what they have in the other system.
 */
function importEntities(
  state: EnvironmentState,
  { flags, segments, sdkKeys, replace }: CommandOf<'import'>,
  { now, newId }: ChangeContext,
): Result<Change> {
  const problems: FieldProblem[] = []
  const knownKeys = new Set([...state.sdkKey.values()].map(({ sha256 }) => sha256))
  const writes = [
    ...segments.flatMap((segment) => toWrites(state, 'segment', segment, { replace }, problems)),
    ...flags.flatMap((flag) => toWrites(state, 'flag', flag, { replace }, problems)),
    ...sdkKeys.flatMap((draft): Write[] => {
      if (knownKeys.has(draft.sha256)) return []
      knownKeys.add(draft.sha256)
      const id = newId()
      const value = { ...draft, id, disabled: false, version: 1, createdAt: now, updatedAt: now }
      return [{ kind: 'sdkKey', id, value }]
    }),
  ]
  if (problems.length > 0)
    return refuse(
      'CONFLICT',
      'flags or segments of these keys exist here already and differ: import with replace=true',
      {
        fields: problems,
      },
    )
  const after = withWrites(state, writes)
  const names = new Set(writes.flatMap(({ kind, id }) => (kind === 'flag' ? [id] : [])))
  for (const [id, value] of after.flag) {
    if (!names.has(id) && !dependenciesOf(value).some((key) => names.has(key))) continue
    for (const field of writeProblems(after, { kind: 'flag', id, value }, state))
      problems.push({ ...field, path: `flags.${id}.${field.path}` })
  }
  for (const write of writes)
    if (write.kind === 'segment')
      for (const field of writeProblems(after, write, state))
        problems.push({ ...field, path: `segments.${write.id}.${field.path}` })
  if (problems.length > 0)
    return refuse('INVALID', 'the import does not fit the environment as it is now', { fields: problems })
  return ok({ writes, entity: countsOf(state, writes) })
}

function toWrites<K extends 'flag' | 'segment'>(
  state: EnvironmentState,
  kind: K,
  imported: Entities[K],
  { replace }: Pick<CommandOf<'import'>, 'replace'>,
  problems: FieldProblem[],
): Write[] {
  const path = `${kind}s.${imported.key}`
  const current = state[kind].get(imported.key) as Entities[K] | undefined
  const valid = parsed(kind, withSchema(imported, current))
  if (!valid.ok) {
    problems.push({ path, message: valid.problem.message })
    return []
  }
  const entity = valid.value
  if (current && isSameButVersion(current, entity)) return []
  if (current && !replace) problems.push({ path, message: 'exists here already, and differs' })
  if (current && 'type' in current && 'type' in entity && !isSame(current.type, entity.type))
    problems.push({ path: `${path}.type`, message: 'never changes' })
  const value = current ? { ...entity, version: Math.max(entity.version, current.version + 1) } : entity
  return [{ kind, id: entity.key, value } as Write]
}

/** Other systems' files have no schema of a flag's values: the one here stays, and the import must fit. */
function withSchema<T extends object>(imported: T, current: T | undefined): T {
  const schemaOf = (entity: T | undefined) =>
    entity && 'valueSchema' in entity ? entity.valueSchema : undefined
  const kept = schemaOf(imported) === undefined ? schemaOf(current) : undefined
  return kept === undefined ? imported : { ...imported, valueSchema: kept }
}
