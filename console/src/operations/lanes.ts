// The timeline of operations: one lane for each, with what was done, what is planned and what waits. Pure.
import { delayOf, type OperationAction } from '../../../core/model/operation.ts'
import { type DynamicAllocation, isAllocationOpen } from '../../../core/model/dynamic-allocation.ts'
import { type Experiment, statusAt } from '../../../core/model/experiment.ts'
import { isRolloutOpen, type ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import { isOpen, type Schedule } from '../../../core/model/schedule.ts'
import type { PublicTrigger, WatchedOperation } from '../../../workers/control/api/operation-answers.ts'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { strategyText } from '../flags/text.ts'
import { allocations as allocationWords } from '../messages/allocations.ts'
import { percent } from '../messages/catalogue.ts'
import { duration, figure } from '../messages/figures.ts'
import { operations as words } from '../messages/operations.ts'
import { targeting } from '../messages/targeting.ts'
import type { State } from '../ui/state.ts'

const weightTotal = 100_000 // core/model/limits.ts

/** `level` is the share of users, in [0, 1]. */
export interface LaneBar {
  readonly from: number
  readonly to: number
  readonly level: number
  readonly state: 'done' | 'planned' | 'waiting'
  readonly text: string
}

export interface Lane {
  readonly key: string
  readonly kind: keyof typeof words.kinds
  readonly flagKey: string
  readonly name: string
  readonly status: { readonly mark: State; readonly text: string }
  readonly bars: readonly LaneBar[]
  /** Of a kill switch: it watches up to there; infinity: it still does. */
  readonly watchedUntil?: number
  readonly points: readonly { readonly at: number; readonly text: string; readonly isFailed: boolean }[]
  /** Of an experiment or a dynamic allocation. */
  readonly span?: { readonly from: number; readonly to: number }
}

export interface World {
  readonly operations: readonly WatchedOperation[]
  readonly rollouts: readonly ProgressiveRollout[]
  readonly allocations: readonly DynamicAllocation[]
  readonly schedules: readonly Schedule[]
  readonly triggers: readonly PublicTrigger[]
  readonly experiments: readonly Experiment[]
  readonly flags: readonly FlagRow[]
}

export const shareText = (weight: number): string => percent(weight / weightTotal)
interface Nameable {
  readonly id: string
  readonly name?: string
  readonly changes?: Schedule['changes']
}

/** A schedule without a name is known by what it changes: nobody knows its id. */
export const nameOf = ({ id, name, changes }: Nameable): string =>
  name || (changes && changesText({ changes })) || id

export const variationIn = (flags: readonly FlagRow[], key: string, id: string): string =>
  flags.find((flag) => flag.key === key)?.variations.find((each) => each.id === id)?.name || id

const rolloutMarks: Record<ProgressiveRollout['status'], State> = {
  waiting: 'planned',
  running: 'running',
  paused: 'warning',
  stopped: 'stopped',
  finished: 'healthy',
  'rolled-back': 'failed',
}

export function rolloutStatus(rollout: ProgressiveRollout): Lane['status'] {
  const { status, awaitsApproval, steps, stepsMade } = rollout
  if (awaitsApproval) return { mark: 'warning', text: words.status.approval }
  const share = shareText(steps[stepsMade - 1]?.weight ?? 0)
  return status === 'running'
    ? { mark: 'running', text: words.at(share) }
    : { mark: rolloutMarks[status], text: words.status[status] }
}

/** What was made, then what follows: at its time, or at nobody knows when if it waits for somebody. */
export function rolloutBars(rollout: ProgressiveRollout, now: number, end: number): LaneBar[] {
  const { steps, stepsMade, stepAt, startAt, at, status, awaitsApproval } = rollout
  const bars: LaneBar[] = []
  const add = (step: number, from: number, to: number, state: LaneBar['state'], withText = true) => {
    const weight = steps[step]?.weight
    if (weight === undefined || to <= from) return
    bars.push({ from, to, level: weight / weightTotal, state, text: withText ? shareText(weight) : '' })
  }
  const waits = status === 'paused' || awaitsApproval === true
  const later = waits ? 'waiting' : 'planned'
  if (stepsMade > 0) {
    const made = stepAt ?? startAt
    if (stepsMade > 1) add(stepsMade - 2, startAt, made, 'done')
    add(stepsMade - 1, made, Math.min(now, end), 'done')
    if (isRolloutOpen(rollout)) add(stepsMade - 1, now, waits ? end : (at ?? end), later, false)
  }
  if (!isRolloutOpen(rollout) || waits) return bars
  let from = at ?? startAt
  for (let step = stepsMade; step < steps.length && from < end; step++) {
    const { holdMs, approval } = steps[step]!
    const isLast = step === steps.length - 1 || approval
    add(step, from, isLast ? end : Math.min(end, from + holdMs), 'planned')
    if (approval) break
    from += holdMs
  }
  return bars
}

const scheduleMarks: Record<Schedule['status'], State> = {
  waiting: 'planned',
  conflict: 'warning',
  applied: 'healthy',
  refused: 'failed',
  finished: 'healthy',
  cancelled: 'stopped',
}
export const scheduleStatus = ({ status }: Schedule): Lane['status'] => ({
  mark: scheduleMarks[status],
  text: words.status[status],
})

const fieldName = (field: string): string =>
  (targeting.fields as Readonly<Record<string, string>>)[field]?.toLowerCase() ?? field

/** `turns off`, `changes name, tags`. */
export function changesText({ changes }: Pick<Schedule, 'changes'>): string {
  const { enabled, defaultStrategy, ...others } = changes
  const fields = Object.keys(others).map(fieldName)
  const parts = [
    ...(enabled === undefined ? [] : [enabled ? words.turnedOn : words.turnedOff]),
    ...(defaultStrategy
      ? [`${targeting.fields.defaultStrategy}: ${strategyText({ variations: [] }, defaultStrategy.strategy)}`]
      : []),
    ...(fields.length > 0 ? [words.changed(fields.join(', '))] : []),
  ]
  return parts.join(', ')
}

export const operationStatus = ({ status }: WatchedOperation): Lane['status'] =>
  status === 'fired'
    ? { mark: 'failed', text: words.status.fired }
    : { mark: 'healthy', text: words.status.active }

/** What a kill switch waits for. */
export function watchText(operation: WatchedOperation, flags: readonly FlagRow[], goal: string): string {
  const { flagKey, variationId, baselineVariationId, comparison, threshold, difference } = operation
  const isAbove = comparison === 'at-least'
  const by = difference === 'relative' ? percent(threshold) : words.points(figure(threshold * 100))
  const limit =
    baselineVariationId === undefined
      ? (isAbove ? words.above : words.below)(percent(threshold))
      : (isAbove ? words.moreThan : words.fewerThan)(by, variationIn(flags, flagKey, baselineVariationId))
  return words.watches(variationIn(flags, flagKey, variationId), goal, limit, duration(delayOf(operation)))
}

export function actionText(
  action: OperationAction | undefined,
  flags: readonly FlagRow[],
  flagKey: string,
): string {
  switch (action?.kind) {
    case 'serve':
      return words.actions.serve(variationIn(flags, flagKey, action.variationId))
    case 'stop-experiment':
      return words.actions['stop-experiment'](action.experimentId)
    case 'notify':
      return words.actions.notify
    default:
      return words.actions.disable
  }
}

/** How near a kill switch is to firing, in [0, 1]: evidence grows by factors, so it is its logarithm. */
export function nearness({ lastLook, countingFrom }: WatchedOperation): number | undefined {
  if (!lastLook || lastLook.countingFrom !== countingFrom) return undefined
  const { evidence, needed } = lastLook
  if (evidence <= 1 || needed <= 1) return 0
  return Math.min(1, Math.log(evidence) / Math.log(needed))
}

/** What is open, the most active first. */
export function lanesOf(world: World, now: number, end: number): Lane[] {
  const { operations, rollouts, allocations, schedules, experiments, flags } = world
  return [
    ...rollouts.filter(isRolloutOpen).map((rollout) => ({
      key: `rollout ${rollout.id}`,
      kind: 'rollout' as const,
      flagKey: rollout.flagKey,
      name: nameOf(rollout),
      status: rolloutStatus(rollout),
      bars: rolloutBars(rollout, now, end),
      points: [],
    })),
    ...allocations.filter(isAllocationOpen).map((allocation) => ({
      key: `allocation ${allocation.id}`,
      kind: 'allocation' as const,
      flagKey: allocation.flagKey,
      name: nameOf(allocation),
      status: {
        mark: allocation.status === 'paused' ? ('warning' as const) : ('running' as const),
        text: allocationWords.status[allocation.status],
      },
      bars: [],
      points: [],
      span: { from: allocation.phases[0]!.startAt, to: end },
    })),
    ...operations.map((operation) => {
      const { id, flagKey, status, firedAt, updatedAt, action } = operation
      const hasFired = status === 'fired'
      const at = firedAt ?? updatedAt
      return {
        key: `switch ${id}`,
        kind: 'switch' as const,
        flagKey,
        name: id,
        status: operationStatus(operation),
        bars: [],
        watchedUntil: hasFired ? at : Infinity,
        points: hasFired ? [{ at, text: actionText(action, flags, flagKey), isFailed: true }] : [],
      }
    }),
    ...experiments
      .filter((each) => statusAt(each, now) === 'running' || statusAt(each, now) === 'waiting')
      .map((experiment) => ({
        key: `experiment ${experiment.id}`,
        kind: 'experiment' as const,
        flagKey: experiment.flagKey,
        name: nameOf(experiment),
        status: {
          mark: 'running' as const,
          text: words.status[statusAt(experiment, now) as 'running' | 'waiting'],
        },
        bars: [],
        points: [],
        span: { from: experiment.startAt, to: experiment.stopAt },
      })),
    ...schedules.filter(isOpen).map((schedule) => ({
      key: `schedule ${schedule.id}`,
      kind: 'schedule' as const,
      flagKey: schedule.flagKey,
      name: nameOf(schedule),
      status: scheduleStatus(schedule),
      bars: [],
      points: [{ at: schedule.at, text: changesText(schedule), isFailed: schedule.status === 'conflict' }],
    })),
  ]
}
