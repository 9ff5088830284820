// When a scheduled change happens, and whether it contradicts another one at the same time. Checked when it
// is written.
import type { EnvironmentState } from '../model/environment-state.ts'
import { type FieldProblem, type Result, ok, refuse } from '../model/problem.ts'
import { type Recurrence, isOccurrence, nextOccurrence } from '../model/recurrence.ts'
import { type Schedule, isOpen } from '../model/schedule.ts'
import { waitingPerFlagMax } from '../model/limits.ts'
import { isSame } from './entity.ts'

export interface Planned {
  /** Epoch milliseconds. */
  readonly at: number
  readonly repeat?: Recurrence | undefined
}

/** `at`: the time, or of a recurring change the first time at the earliest. */
export function planned(
  { at, repeat }: { readonly at?: number | undefined; readonly repeat?: Recurrence | undefined },
  now: number,
): Result<Planned> {
  if (at === undefined && !repeat) return wrongTime('at', 'is required for a change that does not repeat')
  if (at !== undefined && at <= now) return wrongTime('at', 'is not in the future')
  if (!repeat) return ok({ at: at! })
  const from = at ?? repeat.from ?? now
  const next = nextOccurrence({ ...repeat, from }, now)
  if (next === undefined) return wrongTime('repeat.until', 'is before the first time')
  return ok({ at: next, repeat: { ...repeat, from } })
}

const wrongTime = (path: string, message: string) =>
  refuse('INVALID', `${path} ${message}`, { fields: [{ path, rule: 'order-of-time', message }] })

/** Times of each change that are looked at: 100 days of a daily one, and eight years of a monthly one. */
const timesCompared = 100

/** Refuses a change that sets a field which another one sets otherwise, at a time that both have. */
export function checkOthers(state: EnvironmentState, schedule: Schedule): Result<undefined> {
  const others = [...state.schedule.values()].filter(
    (other) => isOpen(other) && other.flagKey === schedule.flagKey && other.id !== schedule.id,
  )
  if (others.length >= waitingPerFlagMax) {
    const message = `flag ${schedule.flagKey} has ${waitingPerFlagMax} scheduled changes that wait: cancel some`
    return refuse('TOO_LARGE', message)
  }
  const times = nextTimes(schedule)
  for (const other of others) {
    const fields = contraryFields(schedule, other)
    const at = fields.length > 0 ? commonTime(schedule, times, other) : undefined
    if (at === undefined) continue
    const time = new Date(at).toISOString()
    const problems = fields.map((field): FieldProblem => {
      const message = `is set otherwise by scheduled change ${other.id} at the same time, ${time}`
      return { path: `changes.${field}`, rule: 'contrary', message }
    })
    return refuse('CONFLICT', `changes.${fields[0]} ${problems[0]!.message}`, {
      current: other,
      fields: problems,
    })
  }
  return ok(undefined)
}

function contraryFields({ changes }: Schedule, other: Schedule): string[] {
  const theirs = other.changes as Record<string, unknown>
  return Object.entries(changes).flatMap(([field, value]) =>
    Object.hasOwn(theirs, field) && !isSame(value, theirs[field]) ? [field] : [],
  )
}

/** The first time that both have, among the next ones of each. */
function commonTime(one: Schedule, times: readonly number[], other: Schedule): number | undefined {
  return times.find((at) => happensAt(other, at)) ?? nextTimes(other).find((at) => happensAt(one, at))
}

function nextTimes({ at, repeat }: Schedule): number[] {
  const times = [at]
  while (repeat && times.length < timesCompared) {
    const next = nextOccurrence(repeat, times.at(-1)!)
    if (next === undefined) break
    times.push(next)
  }
  return times
}

const happensAt = ({ at, repeat }: Schedule, time: number) =>
  time === at || (repeat !== undefined && time > at && isOccurrence(repeat, time))
