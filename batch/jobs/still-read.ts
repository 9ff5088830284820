// The earliest time that anything open still reads in the lake: what is received before may be deleted, and
// no result changes. By the windows that counting itself asks for. A new kind of question belongs here, too.
import type { DynamicAllocation } from '../../core/model/dynamic-allocation.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import type { Goal } from '../../core/model/goal.ts'
import type { Operation } from '../../core/model/operation.ts'
import { isRolloutOpen, type ProgressiveRollout } from '../../core/model/progressive-rollout.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { StillRead } from '../../core/model/retention.ts'
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import type { UnknownEntry } from '../admin-api-schemas.ts'
import type { Listing } from '../api-request.ts'
import type { WatchedHoldout } from '../automation-api-schemas.ts'
import { allocationWindow } from '../counting/allocation-counts.ts'
import { holdoutWindow } from '../counting/holdout-counts.ts'
import { metricWindow } from '../counting/metric-counts.ts'
import { askedMinutes, askedUsers, minutesWindows } from '../counting/operation-minutes.ts'
import { withCopies } from '../counting/question.ts'
import { type Failure, fail } from '../failure.ts'
import { readMetric } from './count-goal-metric.ts'
import { usersAwaited } from './observe-rollouts.ts'
import { openExperiments } from './plan-experiment.ts'

/** All of an environment. */
export interface Questions {
  readonly experiments: Listing<Experiment>
  readonly holdouts: Listing<WatchedHoldout>
  readonly allocations: Listing<DynamicAllocation>
  readonly operations: Listing<Operation>
  readonly rollouts: Listing<ProgressiveRollout>
  readonly goals: readonly Goal[]
}

/** Refused if it is not known what is read. */
export function stillReadOf(questions: Questions, now: number): Result<StillRead, Failure> {
  const { holdouts, allocations, operations, rollouts, goals } = questions
  const [unknown] = unknownOf(questions)
  if (unknown) return fail('job', `It is not known which days ${unknown.id} counts: ${unknown.reason}.`)
  const experiments = openExperiments(questions.experiments.entries, now)
  const ofExperiments: number[] = []
  for (const { startAt, goalKeys } of experiments) {
    const window = { start: startAt, end: now }
    ofExperiments.push(withCopies({ from: startAt, to: now }).from)
    for (const goal of goals.filter(({ key }) => goalKeys.includes(key))) {
      const metric = readMetric(goal)
      if (!metric.ok) return metric
      ofExperiments.push(withCopies(metricWindow({ exposures: window, metric: metric.value })).from)
    }
  }
  const ofHoldouts = holdouts.entries
    .filter(({ stopAt }) => now - stopAt < eventAgeMaxMs)
    .map((holdout) => withCopies(holdoutWindow(holdout)).from)
  const ofAllocations = allocations.entries
    .filter(({ status }) => status !== 'stopped')
    .map((allocation) => withCopies(allocationWindow(allocation, now)).from)
  // It does not matter which event its goal is.
  const watched = operations.entries
    .filter(({ status }) => status === 'active')
    .map((operation, i) => askedMinutes({ operation, event: '' }, i + 1, now))
  const awaited = rollouts.entries
    .filter(isRolloutOpen)
    .flatMap((rollout) => usersAwaited(rollout) ?? [])
    .map((users, i) => askedUsers(users, i + 1, now))
  const ofMinutes = [watched, awaited].map((asked) => minutesWindows(asked, now))
  const from = Math.min(
    ...ofExperiments,
    ...ofHoldouts,
    ...ofAllocations,
    ...ofMinutes.map((windows) => windows.watched.from),
  )
  return ok({ from, linksFrom: Math.min(from, ...ofMinutes.map((windows) => windows.linked.from)) })
}

/** Those that this release cannot read, and that may read events. */
const unknownOf = (questions: Questions): UnknownEntry[] =>
  (['experiments', 'holdouts', 'allocations', 'operations', 'rollouts'] as const).flatMap((kind) =>
    questions[kind].unknown.filter(({ status }) => !closed[kind].includes(status)),
  )

/** In these, nothing is counted any more. */
const closed: Readonly<Record<Exclude<keyof Questions, 'goals'>, readonly string[]>> = {
  experiments: ['stopped'],
  holdouts: [],
  allocations: ['stopped'],
  operations: ['fired'],
  rollouts: ['stopped', 'finished', 'rolled-back'],
}
