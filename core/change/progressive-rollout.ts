// Commands on progressive rollouts. The environment's alarm makes their steps (advance-progressive-rollout);
// people create, pause, resume, approve, stop and roll them back.
import type { Entities, EnvironmentState } from '../model/environment-state.ts'
import { rolloutStepsMax } from '../model/limits.ts'
import {
  isRolloutDue,
  isRolloutOpen,
  stepName,
  stepsOf,
  stepInQuestion,
  strategyAfter,
  withStrategy,
} from '../model/progressive-rollout.ts'
import { shortfallOf } from '../model/rollout-shortfall.ts'
import { type Problem, type Result, ok, refuse } from '../model/problem.ts'
import type { CommandOf } from './command.ts'
import {
  type Change,
  type ChangeContext,
  create,
  draftId,
  find,
  isSame,
  put,
  remove,
  update,
} from './entity.ts'
import { partOf } from './experiment-phases.ts'
import type { Handlers } from './handler.ts'
import { checkSteps, placeOf } from './rollout-draft.ts'
import {
  awaiting,
  ended,
  missingOf,
  nextRollout,
  paused,
  resumed,
  rolledBack,
  stepped,
  steppedBack,
  strategyServed,
} from './rollout-states.ts'

type Rollout = Entities['progressiveRollout']

export const progressiveRolloutHandlers: Handlers<
  | 'create-progressive-rollout'
  | 'update-progressive-rollout'
  | 'advance-progressive-rollout'
  | 'approve-progressive-rollout'
  | 'confirm-progressive-rollout'
  | 'pause-progressive-rollout'
  | 'resume-progressive-rollout'
  | 'stop-progressive-rollout'
  | 'step-back-progressive-rollout'
  | 'roll-back-progressive-rollout'
  | 'delete-progressive-rollout'
> = {
  'create-progressive-rollout': createRollout,
  'update-progressive-rollout': updateRollout,
  'advance-progressive-rollout': advance,
  'approve-progressive-rollout': (state, command, context) =>
    inStatus(state, command, ['running'], 'be approved', (rollout) => {
      if (rollout.approved !== false) return ok({ writes: [], entity: rollout })
      const approved = nextRollout(rollout, { approved: true }, context)
      return rollout.awaitsApproval
        ? goOn(state, { ...rollout, approved: true }, context)
        : put(writeOf(approved))
    }),
  'confirm-progressive-rollout': confirmStep,
  'pause-progressive-rollout': (state, command, context) =>
    inStatus(state, command, ['running', 'paused'], 'be paused', (rollout) =>
      rollout.status === 'paused'
        ? ok({ writes: [], entity: rollout })
        : put(writeOf(paused(rollout, context))),
    ),
  'resume-progressive-rollout': (state, command, context) =>
    inStatus(state, command, ['running', 'paused'], 'be resumed', (rollout) => {
      if (rollout.status === 'running') return ok({ writes: [], entity: rollout })
      if (state.flag.get(rollout.flagKey)?.enabled !== true) return refuse('CONFLICT', flagIsOff(rollout))
      const fired = firedOn(state, rollout)
      if (fired) return refuseFired(fired)
      return put(writeOf(resumed(rollout, context)))
    }),
  'stop-progressive-rollout': (state, command, context) =>
    inStatus(state, command, ['waiting', 'running', 'paused', 'stopped'], 'be stopped', (rollout) =>
      rollout.status === 'stopped'
        ? ok({ writes: [], entity: rollout })
        : put(writeOf(ended(rollout, 'stopped', context))),
    ),
  'step-back-progressive-rollout': (state, command, context) =>
    inStatus(state, command, ['running', 'paused'], 'step back', (rollout) =>
      rollout.stepsMade === 0
        ? refuse('CONFLICT', 'no step was made yet', { current: rollout })
        : restored(state, steppedBack(rollout, context), context),
    ),
  'roll-back-progressive-rollout': rollBack,
  'delete-progressive-rollout': (state, command) => {
    const found = find(state, 'progressiveRollout', command)
    if (found.ok && isRolloutOpen(found.value))
      return refuse('CONFLICT', 'stop the progressive rollout before you delete it', { current: found.value })
    return remove(state, 'progressiveRollout', command)
  },
}

function createRollout(
  state: EnvironmentState,
  { progressiveRollout: draft }: CommandOf<'create-progressive-rollout'>,
  context: ChangeContext,
): Result<Change> {
  const id = draftId(draft, context)
  const { template, steps: listed, fromVariationId: _, ...fields } = draft
  if ((template === undefined) === (listed === undefined))
    return refuseField('steps', 'or a template: one of them is needed')
  if (draft.startAt !== undefined && draft.startAt <= context.now)
    return refuseField('startAt', 'is not in the future')
  const place = placeOf(state, { ...draft, id }, context)
  if (!place.ok) return place
  const steps = template ? stepsOf(template) : listed!
  if (steps.length > rolloutStepsMax)
    return refuseField('template', `makes ${steps.length} steps, more than ${rolloutStepsMax}`)
  const possible = checkSteps(state, { flagKey: draft.flagKey, ...place.value, steps })
  if (!possible.ok) return possible
  const startAt = draft.startAt ?? context.now
  const whole = {
    ...fields,
    id,
    ...place.value,
    steps,
    startAt,
    status: 'waiting',
    stepsMade: 0,
    at: startAt,
  }
  const created = create(state, 'progressiveRollout', id, whole, context)
  if (!created.ok || draft.startAt !== undefined) return created
  const flag = state.flag.get(draft.flagKey)!
  if (!flag.enabled) return refuse('CONFLICT', `flag ${flag.key} is off: turn it on first, or send startAt`)
  return makeStep(state, { ...(created.value.entity as Rollout), version: 0 }, context)
}

const refuseField = (path: string, message: string) =>
  refuse('INVALID', `${path} ${message}`, { fields: [{ path, message }] })

/** The steps that were made stay as they are. */
function updateRollout(
  state: EnvironmentState,
  command: CommandOf<'update-progressive-rollout'>,
  context: ChangeContext,
): Result<Change> {
  return inStatus(state, command, ['waiting', 'running', 'paused'], 'be edited', (current) => {
    const { steps = current.steps, startAt = current.startAt } = command.changes
    const made = steps.slice(0, current.stepsMade)
    if (!isSame(made, current.steps.slice(0, current.stepsMade)))
      return refuseField('steps', `changes some of the first ${current.stepsMade}, which were made`)
    if (startAt !== current.startAt && (current.status !== 'waiting' || startAt <= context.now))
      return refuseField('startAt', current.status === 'waiting' ? 'is not in the future' : 'has passed')
    const possible = checkSteps(state, { ...current, steps })
    if (!possible.ok) return possible
    return update(state, 'progressiveRollout', command, context, (before) => ({
      ...before,
      ...command.changes,
      ...(before.status === 'waiting' && { at: startAt }),
    }))
  })
}

/** What the alarm does when the time has come. Sent again, it does nothing. */
function advance(
  state: EnvironmentState,
  { id }: CommandOf<'advance-progressive-rollout'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'progressiveRollout', { id })
  if (!found.ok) return found
  const { value: rollout } = found
  if (!isRolloutDue(rollout, context.now))
    return refuse('CONFLICT', 'the time of the next step has not come', { current: rollout })
  if (state.flag.get(rollout.flagKey)?.enabled !== true)
    return put(writeOf(paused(rollout, context, flagIsOff(rollout))))
  const missing = missingOf(rollout, context.now).find((each) => each !== 'time')
  if (missing) return put(writeOf(awaiting(rollout, missing, context)))
  const { stepsMade } = rollout
  const reason = stepsMade === 0 ? 'its start has come' : `step ${stepName(rollout, stepsMade)} has held`
  return goOn(state, rollout, context, reason)
}

/** What the runner sends when a step has its users, and its guardrails have judged them. */
function confirmStep(
  state: EnvironmentState,
  command: CommandOf<'confirm-progressive-rollout'>,
  context: ChangeContext,
): Result<Change> {
  return inStatus(state, command, ['running'], 'be confirmed', (rollout) => {
    const { facts } = command
    if (!stepInQuestion(rollout)) return ok({ writes: [], entity: rollout })
    if (facts.until > context.now + clockSkewMaxMs)
      return refuse('CONFLICT', 'the facts are of a time to come', { current: rollout })
    const shortfall = shortfallOf(rollout, state.operation, facts)
    if (shortfall.length > 0)
      return refuse('CONFLICT', `the facts are not enough for the step: ${shortfall.join('; ')}`, {
        current: rollout,
      })
    const confirmed = { ...rollout, facts }
    const missing = missingOf(confirmed, context.now)
    if (!rollout.awaitsFacts || missing.includes('time'))
      return put(writeOf(nextRollout(rollout, { facts }, context)))
    if (missing.includes('approval')) return put(writeOf(awaiting(confirmed, 'approval', context)))
    if (state.flag.get(rollout.flagKey)?.enabled !== true)
      return put(writeOf(paused(confirmed, context, flagIsOff(rollout))))
    const fired = firedOn(state, rollout)
    if (fired) return put(writeOf(paused(confirmed, context, hasFired(fired))))
    return goOn(state, confirmed, context, `step ${stepName(rollout, rollout.stepsMade)} has its users`)
  })
}

/** As much as a runner's clock may be ahead of control's. */
const clockSkewMaxMs = 60_000

/** The first operation on the flag that has fired and watches no more; none if the rollout does not mind. */
function firedOn(state: EnvironmentState, { flagKey, onOperation }: Rollout) {
  if (onOperation === 'none') return undefined
  return [...state.operation.values()].find((each) => each.flagKey === flagKey && each.status === 'fired')
}

const hasFired = ({ id, flagKey }: Entities['operation']) =>
  `operation ${id} has fired and does not watch ${flagKey}: arm it again or delete it, or set onOperation to none`

const refuseFired = (operation: Entities['operation']) =>
  refuse('CONFLICT', hasFired(operation), { dependents: [{ kind: 'operation', id: operation.id }] })

const flagIsOff = ({ flagKey }: Rollout) => `flag ${flagKey} is off: turn it on, then resume`

/** The next step, or the end. */
const goOn = (state: EnvironmentState, rollout: Rollout, context: ChangeContext, reason?: string) =>
  rollout.stepsMade < rollout.steps.length
    ? makeStep(state, rollout, context, reason)
    : put(writeOf(ended(rollout, 'finished', context, reason)))

function makeStep(
  state: EnvironmentState,
  rollout: Rollout,
  context: ChangeContext,
  reason?: string,
): Result<Change> {
  const { flagKey, ruleId, stepsMade } = rollout
  const fired = firedOn(state, rollout)
  if (fired) return refuseFired(fired)
  const flag = state.flag.get(flagKey)
  const before = rollout.before ?? (flag && partOf(flag, ruleId)?.strategy)
  if (!before) return refuse('CONFLICT', `flag ${flagKey} has no rule ${ruleId} any more`)
  const strategy = strategyAfter(before, rollout, stepsMade + 1)
  const changed = update(state, 'flag', { id: flagKey }, context, (current) =>
    withStrategy(current, ruleId, strategy),
  )
  if (!changed.ok) return changed
  return withFlag(changed.value, { ...stepped(rollout, context, reason), before })
}

/** Users get exactly what they had before the first step. */
function rollBack(
  state: EnvironmentState,
  command: CommandOf<'roll-back-progressive-rollout'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'progressiveRollout', command)
  if (!found.ok) return found
  const { value: rollout } = found
  const { flagKey, ruleId, before, stepsMade } = rollout
  if (rollout.status === 'rolled-back') return ok({ writes: [], entity: rollout })
  if (!before) return refuse('CONFLICT', 'no step was made yet: stop it', { current: rollout })
  const flag = state.flag.get(flagKey)
  const served = flag && partOf(flag, ruleId)?.strategy
  if (!served || !isSame(served, strategyAfter(before, rollout, stepsMade)))
    return refuse('CONFLICT', 'the rule was edited since the rollout ended: roll back the flag instead', {
      current: rollout,
    })
  return restored(state, rolledBack(rollout, context), context)
}

/** With the flag as it was at the rollout's earlier step. */
function restored(state: EnvironmentState, rollout: Rollout, context: ChangeContext): Result<Change> {
  const { flagKey, ruleId } = rollout
  const changed = update(state, 'flag', { id: flagKey }, context, (current) =>
    withStrategy(current, ruleId, strategyServed(rollout)!),
  )
  return changed.ok ? withFlag(changed.value, rollout) : changed
}

const withFlag = (changed: Change, rollout: Rollout): Result<Change> =>
  ok({ writes: [...changed.writes, writeOf(rollout)], entity: rollout })

/** Records that a step could not be made: the rollout is paused, and says why. */
export function withPausedRollout(
  state: EnvironmentState,
  { id }: CommandOf<'advance-progressive-rollout'>,
  refusal: Problem,
  context: ChangeContext,
): Change | undefined {
  const rollout = state.progressiveRollout.get(id)
  if (!rollout || !isRolloutDue(rollout, context.now)) return undefined
  const value = paused(rollout, context, refusal.message)
  return { writes: [writeOf(value)], entity: value, refusal }
}

const writeOf = (value: Rollout) => ({ kind: 'progressiveRollout', id: value.id, value }) as const

function inStatus(
  state: EnvironmentState,
  command: { readonly id: string; readonly version?: number | undefined },
  statuses: readonly Rollout['status'][],
  step: string,
  make: (rollout: Rollout) => Result<Change>,
): Result<Change> {
  const found = find(state, 'progressiveRollout', command)
  if (!found.ok) return found
  const { value: rollout } = found
  if (statuses.includes(rollout.status)) return make(rollout)
  return refuse('CONFLICT', `the progressive rollout is ${rollout.status}, so it cannot ${step}`, {
    current: rollout,
  })
}
