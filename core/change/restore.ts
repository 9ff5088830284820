// Rolls one flag, or everything that decides, back to a revision. The result is a new revision.
import { type CommandOf, restoredKinds } from './command.ts'
import {
  type Entities,
  type EntityKind,
  type EnvironmentState,
  type Write,
  settingsId,
  withWrites,
} from '../model/environment-state.ts'
import { type FieldProblem, type Result, ok, refuse } from '../model/problem.ts'
import { dependentsBrokenBy } from './dependents.ts'
import {
  type Change,
  type ChangeContext,
  inUse,
  isSameButVersion,
  parsed,
  problemsOf,
  put,
} from './entity.ts'
import { editFlag } from './edit-flag.ts'
import type { Handlers } from './handler.ts'

export const restoreHandlers: Handlers<'roll-back-flag' | 'roll-back' | 'restore' | 'continue'> = {
  'roll-back-flag': rollBackFlag,
  'roll-back': (state, { revision }, context) =>
    rollBack(state, context.past ?? [], `after revision ${revision}`, context),
  restore: (state, { entities }, context) => restore(state, entities, context),
  /** Whoever commits it makes its revision. */
  continue: () => ok({ writes: [], entity: undefined }),
}

function rollBackFlag(
  state: EnvironmentState,
  { key, version, revision }: CommandOf<'roll-back-flag'>,
  context: ChangeContext,
): Result<Change> {
  const current = state.flag.get(key)
  const then = context.past?.find(({ kind, id }) => kind === 'flag' && id === key)
  const value = (then ? then.value : current) as Entities['flag'] | null | undefined
  if (!value) return refuse('NOT_FOUND', `there was no flag ${key} at revision ${revision}`)
  if (current) return editFlag(state, { id: key, version, changes: { revision } }, context, () => value)
  const write: Write = {
    kind: 'flag',
    id: key,
    value: { ...value, version: value.version + 1, updatedAt: context.now },
  }
  const sound = problemsOf(withWrites(state, [write]), write, state)
  return sound.ok ? put(write as Write & { value: object }) : sound
}

const staysAsItIs = 'stays as it is now'

/** What a rollback does not restore may still follow what it does: of that, nobody hears that it stays. */
export function withTrueNotes(change: Change): Change {
  if (!change.notes?.some(({ message }) => message === staysAsItIs)) return change
  const written = new Set(change.writes.map(({ kind, id }) => `${kind}.${id}`))
  const notes = change.notes.filter(({ path, message }) => message !== staysAsItIs || !written.has(path))
  return { ...change, notes }
}

const restored: ReadonlySet<string> = new Set(restoredKinds)

/**
 * Flags created since then are disabled and archived, where their history stays. Other entities created since
 * then stay, since they decide nothing by themselves.
 */
function rollBack(
  state: EnvironmentState,
  past: readonly Write[],
  since: string,
  context: ChangeContext,
): Result<Change> {
  const notes: FieldProblem[] = []
  const writes = past.flatMap((then) => {
    const current = state[then.kind].get(then.id)
    const path = `${then.kind}.${then.id}`
    if (!restored.has(then.kind)) {
      notes.push({ path, message: staysAsItIs })
      return []
    }
    const next = then.value ?? withdrawn(then, current)
    if (!next) {
      if (current) notes.push({ path, message: `was created ${since}, and stays` })
      return []
    }
    if (current && isSameButVersion(current, next)) return []
    const version = (current?.version ?? next.version) + 1
    return [{ ...then, value: { ...next, version, updatedAt: context.now } } as Write & { value: object }]
  })
  const after = withWrites(state, writes)
  for (const write of writes) {
    const sound = [parsed(write.kind, write.value), problemsOf(after, write, state)].find((each) => !each.ok)
    if (sound && !sound.ok) return sound
    if (write.kind !== 'flag') continue
    const dependents = dependentsBrokenBy(after, write.value)
    if (dependents.length > 0) return inUse(`rolling back flag ${write.id} would break`, dependents)
  }
  return ok({ writes, entity: undefined, notes })
}

/** What a backup does not have was created since. */
function restore(
  state: EnvironmentState,
  entities: CommandOf<'restore'>['entities'],
  context: ChangeContext,
): Result<Change> {
  const names = new Set<string>()
  const saved: Write[] = []
  for (const { kind, id, value } of entities) {
    const sound = parsed(kind, value)
    if (!sound.ok) return sound
    if (identityOf(kind, value) !== id) return refuse('INVALID', `${kind} ${id}: its value has another key`)
    const name = `${kind}.${id}`
    if (names.has(name)) return refuse('INVALID', `${kind} ${id} is there twice`)
    names.add(name)
    saved.push({ kind, id, value: sound.value } as Write)
  }
  const hasFlags = entities.some(({ kind }) => kind === 'flag')
  if (!hasFlags && [...state.flag.values()].some(({ archived }) => !archived))
    return refuse('INVALID', 'the backup has no flag: it would turn off and archive all that are here')
  const later = restoredKinds.flatMap((kind) =>
    [...state[kind].keys()]
      .filter((id) => !names.has(`${kind}.${id}`))
      .map((id) => ({ kind, id, value: null }) as Write),
  )
  return rollBack(state, [...saved, ...later], 'since', context)
}

const identityOf = (kind: EntityKind, value: object): unknown =>
  kind === 'settings' ? settingsId : (value as { readonly key?: unknown }).key

function withdrawn({ kind }: Write, current: Entities[Write['kind']] | undefined) {
  if (kind !== 'flag' || !current) return undefined
  // Another flag may have had its names then.
  const { slug: _, campaignId: __, ...flag } = current as Entities['flag']
  return flag.archived ? undefined : { ...flag, enabled: false, archived: true }
}
