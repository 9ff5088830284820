// Commands on dynamic allocations. The batch runner counts and sends what it counted
// (move-dynamic-allocation); people create, pause, resume and stop them.
import {
  type AllocationPhase,
  type DynamicAllocation,
  isAllocationOpen,
} from '../model/dynamic-allocation.ts'
import type { Entities, EnvironmentState } from '../model/environment-state.ts'
import { isOpenAt } from '../model/experiment.ts'
import type { Flag, Strategy } from '../model/flag.ts'
import { isRolloutOpen, withStrategy } from '../model/progressive-rollout.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { movedWeights, whyNotMoved } from '../model/reallocation.ts'
import { rebalance } from '../model/rebalance.ts'
import { bucketByOf } from '../model/bucket-by.ts'
import { allocationArmsMax } from '../model/limits.ts'
import type { CommandOf } from './command.ts'
import {
  type Change,
  type ChangeContext,
  create,
  draftId,
  edit,
  find,
  isSame,
  put,
  remove,
  update,
} from './entity.ts'
import { toNextSecond } from './experiment.ts'
import { partOf } from './experiment-phases.ts'
import type { Handlers } from './handler.ts'

type Allocation = Entities['dynamicAllocation']
type Rollout = Extract<Strategy, { kind: 'rollout' }>

export const dynamicAllocationHandlers: Handlers<
  | 'create-dynamic-allocation'
  | 'update-dynamic-allocation'
  | 'move-dynamic-allocation'
  | 'pause-dynamic-allocation'
  | 'resume-dynamic-allocation'
  | 'stop-dynamic-allocation'
  | 'delete-dynamic-allocation'
> = {
  'create-dynamic-allocation': createAllocation,
  'update-dynamic-allocation': (state, command, context) => {
    const found = find(state, 'dynamicAllocation', command)
    if (!found.ok) return found
    const { floor = found.value.floor } = command.changes
    const problem = floorProblem(floor, found.value.phases.at(-1)!.weights)
    return problem ?? edit(state, 'dynamicAllocation', command, context)
  },
  'move-dynamic-allocation': move,
  'pause-dynamic-allocation': (state, command, context) =>
    inStatus(state, command, 'paused', ['running'], context),
  'resume-dynamic-allocation': (state, command, context) =>
    inStatus(state, command, 'running', ['paused'], context),
  'stop-dynamic-allocation': (state, command, context) =>
    inStatus(state, command, 'stopped', ['running', 'paused'], context),
  'delete-dynamic-allocation': (state, command) => {
    const found = find(state, 'dynamicAllocation', command)
    if (found.ok && isAllocationOpen(found.value))
      return refuse('CONFLICT', 'stop the dynamic allocation before you delete it', { current: found.value })
    return remove(state, 'dynamicAllocation', command)
  },
}

function createAllocation(
  state: EnvironmentState,
  { dynamicAllocation: draft }: CommandOf<'create-dynamic-allocation'>,
  context: ChangeContext,
): Result<Change> {
  const id = draftId(draft, context)
  const flag = state.flag.get(draft.flagKey)
  if (!flag) return invalid('flagKey', `names no flag: there is no ${draft.flagKey}`, 'unknown-flag')
  const ruleId = draft.ruleId ?? flag.defaultStrategy.id
  const strategy = partOf(flag, ruleId)?.strategy
  if (!strategy) return invalid('ruleId', 'names no rule of the flag', 'unknown-rollout')
  const shares = strategy.kind === 'rollout' ? strategy.shares.filter(({ weight }) => weight > 0) : []
  if (strategy.kind !== 'rollout' || shares.length < 2)
    return invalid('ruleId', 'names no rollout that gives users to two variations', 'unknown-rollout')
  if (shares.length > allocationArmsMax)
    return invalid(
      'ruleId',
      `names a rollout of more than ${allocationArmsMax} variations`,
      'unknown-rollout',
    )
  if (strategy.audience)
    return invalid('ruleId', 'names a rollout for an audience: those outside would count as well')
  if (bucketByOf(flag, partOf(flag, ruleId)!) !== undefined)
    return invalid('ruleId', 'names a rollout that splits by an attribute: users are counted', 'bucket-by')
  const obstacle = obstacleOf(state, flag, ruleId, context)
  if (obstacle !== undefined) return refuse('CONFLICT', obstacle)
  const weights = Object.fromEntries(shares.map(({ variationId, weight }) => [variationId, weight]))
  const problem = floorProblem(draft.floor, weights)
  if (problem) return problem
  const whole = {
    ...draft,
    id,
    ruleId,
    arms: shares.map(({ variationId }) => variationId),
    status: 'running' as const,
    phases: [{ startAt: toNextSecond(context.now), weights }],
  }
  return create(state, 'dynamicAllocation', id, whole, context)
}

const invalid = (path: string, message: string, rule?: string) =>
  refuse('INVALID', `${path} ${message}`, { fields: [{ path, message, ...(rule && { rule }) }] })

function floorProblem(floor: number, weights: AllocationPhase['weights']) {
  const all = Object.values(weights)
  const total = all.reduce((sum, weight) => sum + weight, 0)
  return floor * all.length < total
    ? undefined
    : invalid('floor', `leaves nothing to allocate: ${all.length} variations have ${total} together`)
}

function obstacleOf(
  state: EnvironmentState,
  flag: Flag,
  ruleId: string,
  { now }: ChangeContext,
): string | undefined {
  if (flag.archived) return `flag ${flag.key} is archived`
  if (flag.assignment === 'exclusive')
    return `flag ${flag.key} has exclusive assignments, whose shares do not move users`
  const isHere = (other: { flagKey: string; ruleId: string }) =>
    other.flagKey === flag.key && other.ruleId === ruleId
  const other = [...state.dynamicAllocation.values()].find((each) => isHere(each) && isAllocationOpen(each))
  if (other) return `dynamic allocation ${other.id} is ${other.status} on this rule: stop it first`
  const rollout = [...state.progressiveRollout.values()].find((each) => isHere(each) && isRolloutOpen(each))
  if (rollout) return `progressive rollout ${rollout.id} is ${rollout.status} on this rule: stop it first`
  const experiment = [...state.experiment.values()].find((each) => isHere(each) && isOpenAt(each, now))
  if (experiment) return `experiment ${experiment.id} needs shares that stay: stop it first`
  return undefined
}

/** Moves the shares by what was counted, which is a new phase. Sent again, it changes nothing. */
function move(
  state: EnvironmentState,
  { id, facts }: CommandOf<'move-dynamic-allocation'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'dynamicAllocation', { id })
  if (!found.ok) return found
  const { value: allocation } = found
  const current = { current: allocation }
  if (allocation.status !== 'running')
    return refuse('CONFLICT', `the dynamic allocation is ${allocation.status}`, current)
  if (facts.phases.length < allocation.phases.length) return ok({ writes: [], entity: allocation })
  const obstacle = heldBy(state, allocation) ?? whyNotMoved(allocation, facts, context.now)
  if (obstacle !== undefined) return refuse('CONFLICT', `the shares do not move: ${obstacle}`, current)
  const weights = movedWeights(allocation, facts)
  if (isSame(weights, allocation.phases.at(-1)!.weights)) return ok({ writes: [], entity: allocation })
  const { flagKey, ruleId } = allocation
  const strategy = partOf(state.flag.get(flagKey)!, ruleId)?.strategy
  if (strategy?.kind !== 'rollout') return refuse('CONFLICT', 'its rule is no rollout any more', current)
  const changed = update(state, 'flag', { id: flagKey }, context, (flag) =>
    withStrategy(flag, ruleId, withWeights(strategy, weights)),
  )
  if (!changed.ok) return changed
  const phases = [...allocation.phases, { startAt: toNextSecond(context.now), weights }]
  const value = next(allocation, { phases }, context)
  return ok({ writes: [...changed.value.writes, writeOf(value)], entity: value })
}

/** What keeps it from moving for now. */
function heldBy(state: EnvironmentState, { flagKey }: Allocation): string | undefined {
  if (state.flag.get(flagKey)?.enabled !== true) return `flag ${flagKey} is off`
  const fired = [...state.operation.values()].find(
    (each) => each.flagKey === flagKey && each.status === 'fired',
  )
  return fired && `operation ${fired.id} has fired: arm it again or delete it`
}

/** As few users as possible change their variation. */
const withWeights = (strategy: Rollout, weights: AllocationPhase['weights']): Strategy =>
  rebalance(strategy, {
    ...strategy,
    shares: strategy.shares.map((share) => ({
      ...share,
      weight: weights[share.variationId] ?? share.weight,
    })),
  })

function inStatus(
  state: EnvironmentState,
  command: { readonly id: string; readonly version?: number | undefined },
  status: DynamicAllocation['status'],
  from: readonly DynamicAllocation['status'][],
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'dynamicAllocation', command)
  if (!found.ok) return found
  const { value: allocation } = found
  if (allocation.status === status) return ok({ writes: [], entity: allocation })
  if (!from.includes(allocation.status))
    return refuse(
      'CONFLICT',
      `the dynamic allocation is ${allocation.status}, so it cannot become ${status}`,
      {
        current: allocation,
      },
    )
  return put(writeOf(next(allocation, { status }, context)))
}

const next = (allocation: Allocation, changes: Partial<Allocation>, { now }: ChangeContext): Allocation => ({
  ...allocation,
  ...changes,
  version: allocation.version + 1,
  updatedAt: now,
})

const writeOf = (value: Allocation) => ({ kind: 'dynamicAllocation', id: value.id, value }) as const
