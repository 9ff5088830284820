// Tries scheduled changes before their time: on the flag as it is, after the changes that come earlier. What
// an edit breaks is marked as a conflict, and the mark goes when another edit makes the change possible.
import type { Clause } from '../model/clause.ts'
import { type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import type { FlagChanges } from '../model/flag-draft.ts'
import { type Problem, type Result, refuse } from '../model/problem.ts'
import { type Schedule, isOpen } from '../model/schedule.ts'
import { segmentsIn } from '../model/segment-keys.ts'
import { updateFlag } from './edit-flag.ts'
import type { Change, ChangeContext } from './entity.ts'
import { guarded } from './guards.ts'

/** The change of the flag, as the command that makes it would make it. */
export function changeOf(
  state: EnvironmentState,
  { flagKey, changes, experiment }: Pick<Schedule, 'flagKey' | 'changes' | 'experiment'>,
  context: ChangeContext,
): Result<Change> {
  if (state.flag.get(flagKey)?.archived === true && changes.archived !== false)
    return refuse('CONFLICT', `flag ${flagKey} is archived: a schedule does not change it`)
  const changed = updateFlag(state, { id: flagKey, changes }, context)
  return changed.ok ? guarded(state, { ...changed.value, experiment }, context) : changed
}

/** Undefined if the change could be made at its time. */
export function problemAtItsTime(
  state: EnvironmentState,
  schedule: Schedule,
  now: number,
): Problem | undefined {
  const before = [...openOf(state, schedule.flagKey)].filter((other) => isBefore(other, schedule))
  const earlier = before.reduce((reached, other) => stateAfter(reached, other, now).state, state)
  return stateAfter(earlier, schedule, now).problem
}

/** In the order in which they are made. */
const openOf = (state: EnvironmentState, flagKey: string): Schedule[] =>
  [...state.schedule.values()]
    .filter((schedule) => isOpen(schedule) && schedule.flagKey === flagKey)
    .toSorted((a, b) => (isBefore(a, b) ? -1 : 1))

const isBefore = (a: Schedule, b: Schedule) => a.id !== b.id && (a.at === b.at ? a.id < b.id : a.at < b.at)

function stateAfter(state: EnvironmentState, schedule: Schedule, now: number) {
  let count = 0
  const context = { now: Math.max(now, schedule.at), newId: () => `${schedule.id}-trial-${++count}` }
  const tried = changeOf(state, schedule, context)
  return tried.ok
    ? { state: withWrites(state, tried.value.writes), problem: undefined }
    : { state, problem: tried.problem }
}

/** The change with the marks that it puts on waiting schedules, or takes away. */
export function withConflicts(state: EnvironmentState, changed: Change, { now }: ChangeContext): Change {
  const { writes } = changed
  const hasSchedules = state.schedule.size > 0 || writes.some(({ kind }) => kind === 'schedule')
  if (!hasSchedules || !writes.some(({ kind }) => watched.has(kind))) return changed
  const after = withWrites(state, writes)
  const marks = [...flagsConcerned(state, after, writes)].flatMap((flagKey) => {
    let reached = after
    return openOf(after, flagKey).flatMap((schedule) => {
      const tried = stateAfter(reached, schedule, now)
      reached = tried.state
      return markOf(schedule, tried.problem, now) ?? []
    })
  })
  if (marks.length === 0) return changed
  const written = new Map(writes.map((write) => [nameOf(write), write]))
  for (const mark of marks) {
    const write = { kind: 'schedule', id: mark.id, value: mark } as const
    const isWritten = written.has(nameOf(write)) // then it has its new version already
    const value = isWritten ? mark : { ...mark, version: mark.version + 1, updatedAt: now }
    written.set(nameOf(write), { ...write, value })
  }
  const { entity } = changed
  const isMarked = (value: Change['entity']) =>
    marks.find(({ id }) => value !== undefined && 'changes' in value && value.id === id)
  return { ...changed, writes: [...written.values()], entity: isMarked(entity) ?? entity }
}

const nameOf = ({ kind, id }: Pick<Write, 'kind' | 'id'>) => `${kind} ${id}`

/** What a change of the flag can depend on. */
const watched: ReadonlySet<Write['kind']> = new Set([
  'flag',
  'segment',
  'experiment',
  'progressiveRollout',
  'schedule',
])

function flagsConcerned(
  before: EnvironmentState,
  after: EnvironmentState,
  writes: readonly Write[],
): Set<string> {
  const flags = new Set<string>()
  const segments = new Set<string>()
  for (const { kind, id, value } of writes) {
    if (kind === 'flag') flags.add(id)
    if (kind === 'segment') segments.add(id)
    if (kind !== 'experiment' && kind !== 'progressiveRollout' && kind !== 'schedule') continue
    const flagKey = (value ?? before[kind].get(id))?.flagKey
    if (flagKey !== undefined) flags.add(flagKey)
  }
  const named = [...after.schedule.values()].filter(
    (schedule) => isOpen(schedule) && namesAny(schedule.changes, flags, segments),
  )
  return new Set([...flags, ...named.map(({ flagKey }) => flagKey)])
}

function namesAny(
  { prerequisites = [], rules = [] }: FlagChanges,
  flags: ReadonlySet<string>,
  segments: ReadonlySet<string>,
): boolean {
  const clauses: Clause[] = rules.flatMap(({ anyOf }) => anyOf.flat())
  return (
    prerequisites.some(({ flagKey }) => flags.has(flagKey)) ||
    clauses.some(({ operator, attribute }) => operator === 'flag-is' && flags.has(attribute)) ||
    segmentsIn([clauses]).some((key) => segments.has(key))
  )
}

/** The schedule as it is to be marked; undefined if its mark is right. */
function markOf(schedule: Schedule, problem: Problem | undefined, now: number): Schedule | undefined {
  const { conflict, ...rest } = schedule
  if (!problem) return schedule.status === 'conflict' ? { ...rest, status: 'waiting' } : undefined
  const reason = problem.message
  if (schedule.status === 'conflict' && conflict?.reason === reason) return undefined
  return { ...rest, status: 'conflict', conflict: { at: conflict?.at ?? now, reason } }
}
