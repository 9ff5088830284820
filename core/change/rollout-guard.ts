// Guards progressive rollouts: while one is open, nothing else changes the split of its rule, no experiment
// runs on it, and what went wrong with its flag stops it from going on.
import { type Entities, type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { isOpenAt } from '../model/experiment.ts'
import type { Flag } from '../model/flag.ts'
import { isHashedAlike } from '../model/moves.ts'
import { isRolloutOpen, withStrategy } from '../model/progressive-rollout.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { variationsOf } from './dependents.ts'
import { type Change, type ChangeContext, isSame } from './entity.ts'
import { partOf } from './experiment-phases.ts'
import { paused, rolledBack, steppedBack, strategyServed } from './rollout-states.ts'

type Rollout = Entities['progressiveRollout']

/** Refuses a change that does not come from the rollout itself. */
export function guardRollouts(
  state: EnvironmentState,
  changed: Change,
  { now }: ChangeContext,
): Result<Change> {
  const { writes } = changed
  if (state.progressiveRollout.size === 0) return ok(changed)
  const after = withWrites(state, writes)
  for (const rollout of after.progressiveRollout.values()) {
    if (!isRolloutOpen(rollout)) continue
    const isOwn = writes.some(({ kind, id }) => kind === 'progressiveRollout' && id === rollout.id)
    const [before, next] = [state.flag.get(rollout.flagKey), after.flag.get(rollout.flagKey)]
    const disturbance =
      isOwn || !before || !next || before === next ? undefined : lockedBy(rollout, before, next)
    if (disturbance !== undefined) return refuseLocked(rollout, `this ${disturbance}`)
    const started = writes.find(
      ({ kind, value }) => kind === 'experiment' && value && opensOn(rollout, value, now),
    )
    if (started) return refuseLocked(rollout, `experiment ${started.id} needs shares that stay`)
  }
  return ok(changed)
}

const opensOn = ({ flagKey, ruleId }: Rollout, value: object, now: number): boolean => {
  const experiment = value as Entities['experiment']
  return experiment.flagKey === flagKey && experiment.ruleId === ruleId && isOpenAt(experiment, now)
}

function refuseLocked({ id, flagKey, status }: Rollout, why: string) {
  const message =
    `progressive rollout ${id} is ${status} on flag ${flagKey}, and ${why}: stop it or roll it back first ` +
    `(POST .../progressive-rollouts/${id}/stop or /rollback)`
  return refuse('CONFLICT', message, { dependents: [{ kind: 'progressiveRollout', id }] })
}

/** What an edit does to the split, as a phrase; undefined if nothing. */
function lockedBy(
  { ruleId, variationId, before: first }: Rollout,
  before: Flag,
  after: Flag,
): string | undefined {
  if (!before.archived && after.archived) return 'archives the flag'
  const [part, next] = [partOf(before, ruleId), partOf(after, ruleId)]
  if (!part) return undefined
  if (!next) return 'removes its rule or splits its users anew'
  if (!isHashedAlike(before, after, part, next)) return 'splits users anew'
  if (!isSame(part.strategy, next.strategy)) return 'changes the shares of its rule'
  if (after.assignment && !before.assignment) return 'lets users keep their variation'
  const ids = new Set(after.variations.map(({ id }) => id))
  const served = [variationId, ...(first ? variationsOf(first) : [])]
  return served.every((id) => ids.has(id)) ? undefined : 'removes a variation that a rollback would serve'
}

/** The change with what it does to rollouts: a flag that is off holds them, a fired operation as they say. */
export function withRollouts(state: EnvironmentState, changed: Change, context: ChangeContext): Change {
  const { writes } = changed
  if (state.progressiveRollout.size === 0) return changed
  const added: Write[] = []
  let after = withWrites(state, writes)
  for (const rollout of after.progressiveRollout.values()) {
    if (rollout !== state.progressiveRollout.get(rollout.id)) continue // it has decided for itself
    const next = reaction(state, writes, after, rollout, context)
    if (!next) continue
    added.push({ kind: 'progressiveRollout', id: rollout.id, value: next })
    const flag = after.flag.get(rollout.flagKey)
    const strategy = strategyServed(next)
    const isBack = next.status === 'rolled-back' || next.stepsMade < rollout.stepsMade
    if (!isBack || !flag || !strategy) continue
    const isWritten = writes.some(({ kind, id }) => kind === 'flag' && id === flag.key)
    const version = isWritten ? flag.version : flag.version + 1
    const value = { ...withStrategy(flag, rollout.ruleId, strategy), version, updatedAt: context.now }
    const write = { kind: 'flag', id: flag.key, value } as const
    after = withWrites(after, [write])
    added.push(write)
  }
  if (added.length === 0) return changed
  const nameOf = ({ kind, id }: Write) => `${kind} ${id}`
  return {
    ...changed,
    writes: [...new Map([...writes, ...added].map((write) => [nameOf(write), write])).values()],
  }
}

/** The rollout as the change leaves it; undefined if that is as it is. */
function reaction(
  state: EnvironmentState,
  writes: readonly Write[],
  after: EnvironmentState,
  rollout: Rollout,
  context: ChangeContext,
): Rollout | undefined {
  const { flagKey, status, onOperation, before } = rollout
  const fired = writes.find(
    ({ kind, id, value }) =>
      kind === 'operation' &&
      value?.flagKey === flagKey &&
      value.status === 'fired' &&
      state.operation.get(id)?.status !== 'fired',
  )
  const reason = fired && `operation ${fired.id} fired`
  if (reason !== undefined && onOperation === 'roll-back' && before && isRolloutOpen(rollout))
    return rolledBack(rollout, context, reason)
  if (status !== 'running') return undefined
  if (reason !== undefined && onOperation === 'step-back' && rollout.stepsMade > 0)
    return steppedBack(rollout, context, reason)
  if (reason !== undefined && onOperation !== 'none') return paused(rollout, context, reason)
  const isTurnedOff = state.flag.get(flagKey)?.enabled === true && after.flag.get(flagKey)?.enabled === false
  return isTurnedOff ? paused(rollout, context, 'the flag was turned off') : undefined
}
