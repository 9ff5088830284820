// What operations will do next, and what they did lately. Pure.
import { movesNextAt } from '../../../core/model/dynamic-allocation.ts'
import { statusAt } from '../../../core/model/experiment.ts'
import { isRolloutOpen } from '../../../core/model/progressive-rollout.ts'
import { isOpen } from '../../../core/model/schedule.ts'
import { allocations as allocationWords } from '../messages/allocations.ts'
import { operations as words } from '../messages/operations.ts'
import { actionText, changesText, nameOf, shareText, type World } from './lanes.ts'

const dayMs = 86_400_000

export interface Moment {
  readonly key: string
  readonly at: number
  readonly text: string
  readonly flagKey: string
  readonly detail?: string
  readonly isFailed?: boolean
}

/** What will happen by itself, soonest first. */
export function comingOf({ rollouts, allocations, schedules, experiments }: World, now: number): Moment[] {
  const moments: Moment[] = [
    ...rollouts.filter(isRolloutOpen).flatMap((rollout) => {
      const { id, flagKey, at, steps, stepsMade } = rollout
      const step = steps[stepsMade]
      if (at === undefined || !step) return []
      return [
        {
          key: `rollout ${id}`,
          at,
          flagKey,
          text: words.toShare(nameOf(rollout), shareText(step.weight)),
          detail: words.stepOf(stepsMade + 1, steps.length),
        },
      ]
    }),
    ...allocations
      .filter((each) => each.status === 'running' && movesNextAt(each) > now)
      .map((allocation) => ({
        key: `allocation ${allocation.id}`,
        at: movesNextAt(allocation),
        flagKey: allocation.flagKey,
        text: allocationWords.mayMove(nameOf(allocation)),
      })),
    ...schedules.filter(isOpen).map((schedule) => ({
      key: `schedule ${schedule.id}`,
      at: schedule.at,
      flagKey: schedule.flagKey,
      text: words.changes(nameOf(schedule), changesText(schedule)),
      ...(schedule.conflict && { detail: schedule.conflict.reason, isFailed: true }),
    })),
    ...experiments.flatMap((experiment) => {
      const { id, flagKey, startAt, stopAt } = experiment
      const status = statusAt(experiment, now)
      if (status === 'running')
        return [{ key: `experiment ${id}`, at: stopAt, flagKey, text: words.ends(nameOf(experiment)) }]
      if (status === 'waiting')
        return [{ key: `experiment ${id}`, at: startAt, flagKey, text: words.starts(nameOf(experiment)) }]
      return []
    }),
  ]
  return moments.toSorted((a, b) => a.at - b.at)
}

const shownMs = 30 * dayMs

/** What has happened by itself, newest first. */
export function pastOf(world: World, now: number): Moment[] {
  const { operations, rollouts, allocations, schedules, triggers, flags } = world
  const moments: Moment[] = [
    ...operations.flatMap(({ id, flagKey, firedAt, action }) =>
      firedAt === undefined
        ? []
        : [
            {
              key: `switch ${id}`,
              at: firedAt,
              flagKey,
              text: words.changes(id, words.firedText(actionText(action, flags, flagKey))),
              isFailed: true,
            },
          ],
    ),
    ...rollouts.flatMap((rollout) => {
      const { id, flagKey, stepAt, steps, stepsMade, cause } = rollout
      const step = steps[stepsMade - 1]
      return [
        ...(stepAt === undefined || !step
          ? []
          : [
              {
                key: `rollout ${id}`,
                at: stepAt,
                flagKey,
                text: words.toShare(nameOf(rollout), shareText(step.weight)),
                detail: words.stepOf(stepsMade, steps.length),
              },
            ]),
        ...(cause
          ? [
              {
                key: `cause ${id}`,
                at: cause.at,
                flagKey,
                text: words.changes(nameOf(rollout), cause.reason),
              },
            ]
          : []),
      ]
    }),
    ...allocations
      .filter(({ phases }) => phases.length > 1)
      .map((allocation) => ({
        key: `allocation ${allocation.id}`,
        at: allocation.phases.at(-1)!.startAt,
        flagKey: allocation.flagKey,
        text: allocationWords.moved(nameOf(allocation)),
      })),
    ...schedules.flatMap((schedule) => {
      const { id, flagKey, lastRun } = schedule
      if (!lastRun) return []
      const isApplied = lastRun.outcome === 'applied'
      return [
        {
          key: `schedule ${id}`,
          at: lastRun.at,
          flagKey,
          text: words.changes(nameOf(schedule), isApplied ? changesText(schedule) : words.status.refused),
          ...(lastRun.reason !== undefined && { detail: lastRun.reason }),
          isFailed: !isApplied,
        },
      ]
    }),
    ...triggers.flatMap((trigger) => {
      const { id, flagKey, lastFiring } = trigger
      if (!lastFiring) return []
      return [
        {
          key: `trigger ${id}`,
          at: lastFiring.at,
          flagKey,
          text: words.changes(nameOf(trigger), words.outcome[lastFiring.outcome]),
          ...(lastFiring.reason !== undefined && { detail: lastFiring.reason }),
          isFailed: lastFiring.outcome === 'refused',
        },
      ]
    }),
  ]
  return moments.filter(({ at }) => now - at < shownMs).toSorted((a, b) => b.at - a.at)
}
