// Commands on holdouts: one waits, runs and ends by its times, or is ended. Users come under it with what
// begins after it (held-rules.ts), so it disturbs nothing that runs.
import type { EnvironmentState } from '../model/environment-state.ts'
import { type Holdout, holdoutStatusAt } from '../model/holdout.ts'
import { allotmentsMax } from '../model/limits.ts'
import { type Problem, type Result, refuse } from '../model/problem.ts'
import type { CommandOf } from './command.ts'
import { type Change, type ChangeContext, create, draftId, find, isSame, remove, update } from './entity.ts'
import { experimentMsMax } from './experiment.ts'
import type { Handlers } from './handler.ts'
import { heldFromTheStart } from './held-rules.ts'

export const holdoutHandlers: Handlers<
  'create-holdout' | 'update-holdout' | 'advance-holdout' | 'end-holdout' | 'release-held' | 'delete-holdout'
> = {
  'create-holdout': createHoldout,
  'update-holdout': updateHoldout,
  /** Writes down what time has made of it; before that, it changes nothing. */
  'advance-holdout': (state, { id }, context) =>
    update(state, 'holdout', { id }, context, (holdout) => atItsTime(state, holdout, context)),
  /** Whoever is held back is released. */
  'end-holdout': (state, command, context) =>
    update(state, 'holdout', command, context, (holdout) => {
      if (holdout.status === 'ended') return holdout
      const { now } = context
      const stopAt =
        holdoutStatusAt(holdout, now) === 'ended' ? holdout.stopAt : Math.max(now, holdout.startAt)
      return ended({ ...holdout, stopAt })
    }),
  /** Users of one rule are no longer held back. */
  'release-held': (state, { id, version, flagKey, ruleId }, context) => {
    const rule = ruleId ?? state.flag.get(flagKey)?.defaultStrategy.id
    return update(state, 'holdout', { id, version }, context, (holdout) => ({
      ...holdout,
      held: holdout.held.filter((each) => each.flagKey !== flagKey || each.ruleId !== rule),
    }))
  },
  'delete-holdout': (state, command, { now }) => {
    const found = find(state, 'holdout', command)
    if (found.ok && holdoutStatusAt(found.value, now) === 'running')
      return refuse('CONFLICT', 'end the holdout before you delete it', { current: found.value })
    return remove(state, 'holdout', command)
  },
}

function createHoldout(
  state: EnvironmentState,
  { holdout: draft }: CommandOf<'create-holdout'>,
  context: ChangeContext,
): Result<Change> {
  const id = draftId(draft, context)
  const startAt = draft.startAt ?? context.now
  const stopAt = draft.stopAt ?? startAt + experimentMsMax
  if (stopAt <= context.now) return refuseTime('stopAt', 'is not in the future')
  const tooMany = tooManyRules(state, draft, context.now)
  if (tooMany) return tooMany
  const waiting = { ...draft, id, salt: draft.salt ?? context.newId(), startAt, stopAt, held: [] }
  const holdout = { ...waiting, status: 'waiting', at: startAt } as const
  return create(state, 'holdout', id, atItsTime(state, holdout, context), context)
}

/** Of the flags as they are now; rules that come later and exceed the limit are not held. */
function tooManyRules(state: EnvironmentState, holdout: Pick<Holdout, 'flagKeys'>, now: number) {
  const count = heldFromTheStart(state, holdout, now).length
  if (count <= allotmentsMax) return undefined
  const message = `name flags with ${count} rules: a holdout holds at most ${allotmentsMax}`
  return refuse('INVALID', `flagKeys ${message}`, { fields: [{ path: 'flagKeys', message }] })
}

const refuseTime = (path: string, message: string) =>
  refuse('INVALID', `${path} ${message}`, { fields: [{ path, rule: 'order-of-time', message }] })

/** Once it runs, neither who is held back changes nor what is compared: the goals share one level. */
const untilItRuns = ['slices', 'startAt', 'flagKeys', 'goalKeys'] as const

function updateHoldout(
  state: EnvironmentState,
  command: CommandOf<'update-holdout'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'holdout', command)
  if (!found.ok) return found
  const { value: current } = found
  const { changes } = command
  const status = holdoutStatusAt(current, context.now)
  const fixed = status === 'waiting' ? [] : [...untilItRuns, ...(status === 'ended' ? ['stopAt'] : [])]
  const locked = Object.entries(changes).flatMap(([field, value]) =>
    fixed.includes(field) && !isSame(value, current[field as keyof Holdout]) ? [field] : [],
  )
  if (locked.length > 0) {
    const message = `the holdout ${status === 'ended' ? 'has ended' : 'is running'}: ${locked.join(', ')} can no longer change`
    const fields = locked.map((path) => ({ path, message: 'is fixed' }))
    return refuse('CONFLICT', message, { current, fields })
  }
  if (changes.stopAt !== undefined && changes.stopAt !== current.stopAt && changes.stopAt <= context.now)
    return refuseTime('stopAt', 'is not in the future: end the holdout instead')
  const tooMany =
    status === 'waiting' ? tooManyRules(state, { ...current, ...changes }, context.now) : undefined
  if (tooMany) return tooMany
  return update(state, 'holdout', command, context, (before) => {
    const edited = { ...before, ...changes } as Holdout
    return edited.status === 'ended' ? edited : atItsTime(state, edited, context)
  })
}

/** As it is now: its status, when it goes on, and, when it begins, the rules that it holds from the start. */
export function atItsTime(state: EnvironmentState, entity: Holdout | Draft, { now }: ChangeContext): object {
  const { refusal: _, ...holdout } = entity as Holdout
  const status = holdoutStatusAt(holdout, now)
  if (status === 'ended') return ended(holdout)
  if (status === 'waiting') return { ...holdout, status, at: holdout.startAt }
  const held =
    holdout.status === 'running'
      ? holdout.held
      : heldFromTheStart(state, holdout, now).slice(0, allotmentsMax)
  return { ...holdout, held, status, at: holdout.stopAt }
}
/** At first a minute, then twice as long each time, and a day at most. */
const retryMs = { first: 60_000, most: 86_400_000 }

/** Nobody reads what the alarm is answered: it is written down, and the next try is later each time. */
export function withRefusedAdvance(
  state: EnvironmentState,
  { id }: CommandOf<'advance-holdout'>,
  problem: Problem,
  { now }: ChangeContext,
): Change | undefined {
  const holdout = state.holdout.get(id)
  if (holdout?.at === undefined || holdout.at > now) return undefined
  const { refusal, at, version } = holdout
  const waitMs = refusal ? Math.min(2 * (at - refusal.at), retryMs.most) : retryMs.first
  const tried = { at: now + waitMs, refusal: { at: now, reason: problem.message } }
  const value = { ...holdout, ...tried, version: version + 1, updatedAt: now }
  return { writes: [{ kind: 'holdout', id, value }], entity: value, refusal: problem }
}

type Draft = Pick<Holdout, 'startAt' | 'stopAt' | 'status' | 'held' | 'flagKeys'>

function ended(holdout: Draft): object {
  const { at: _, refusal: __, ...rest } = holdout as Holdout
  return { ...rest, status: 'ended' }
}
