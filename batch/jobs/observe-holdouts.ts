// Compares the users whom holdouts hold back with the others, by each goal, and tells control what it found.
import type { HoldoutGoal, HoldoutLook } from '../../core/model/holdout-look.ts'
import { slicesTotal } from '../../core/model/limits.ts'
import { alphaDefault } from '../../core/statistics/levels.ts'
import { equivalenceDefault } from '../../core/model/experiment.ts'
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import type { HoldoutLookAt } from '../automation-api.ts'
import type { Groups, HoldoutCounts } from '../counting/holdout-counts.ts'
import { type Failure, fail } from '../failure.ts'
import { compareArms } from '../statistics/compare.ts'
import { sampleRatio } from '../statistics/sample-ratio.ts'
import type { JobContext } from './job-context.ts'

type Context = Pick<JobContext, 'api' | 'now' | 'onEvent'> & { readonly holdouts: HoldoutCounts }

/** The names of the groups in comparisons. */
const heldOutName = 'held-out'
const othersName = 'others'

export async function observeHoldouts(environmentId: string, context: Context): Promise<void> {
  const { api, holdouts, now, onEvent } = context
  const failed = (subject: string, failure: Failure) => onEvent({ kind: 'failed', subject, failure })
  const listed = await api.holdouts(environmentId)
  if (!listed.ok) return failed(environmentId, listed.problem)
  // Events of one that has ended may still arrive.
  const open = listed.value.entries.filter(
    ({ status, stopAt, held, goalKeys }) =>
      status !== 'waiting' && now - stopAt < eventAgeMaxMs && held.length > 0 && goalKeys.length > 0,
  )
  if (open.length === 0) return
  const goals = await api.goals(environmentId)
  if (!goals.ok) return failed(environmentId, goals.problem)
  const asked = open.map((holdout) => {
    const known = holdout.goalKeys.flatMap((key) => goals.value.find((goal) => goal.key === key) ?? [])
    for (const key of holdout.goalKeys.filter((each) => !known.some((goal) => goal.key === each)))
      failed(`${environmentId}/${holdout.id}`, fail('job', `There is no goal ${key}.`).problem)
    return { holdout, goalKeys: known.map(({ key }) => key), events: known.map(({ event }) => event) }
  })
  const counted = await holdouts.count(environmentId, asked)
  if (!counted.ok) return failed(environmentId, counted.problem)
  const looks = asked.map(({ holdout, goalKeys }, h): HoldoutLookAt => {
    const found = counted.value[h]!
    return { holdoutId: holdout.id, look: lookAt(holdout, goalKeys, found, now) }
  })
  const stored = await api.storeHoldoutLooks(environmentId, looks)
  if (!stored.ok) failed(environmentId, stored.problem)
}

interface Observed {
  readonly slices: number
  readonly startAt: number
  readonly stopAt: number
}

export function lookAt(
  holdout: Observed,
  goalKeys: readonly string[],
  found: readonly Groups[],
  now: number,
): HoldoutLook {
  const users = found[0] ?? { heldOut: { users: 0 }, others: { users: 0 } }
  const ratio = sampleRatio([
    [
      { users: users.heldOut.users, expectedWeight: holdout.slices },
      { users: users.others.users, expectedWeight: slicesTotal - holdout.slices },
    ],
  ])
  const isRed = ratio.kind === 'tested' && ratio.mismatch
  const asked = { goals: goalKeys.length, now, isRed }
  return {
    at: now,
    sampleRatio: ratio.kind !== 'tested' ? 'too-early' : isRed ? 'failed' : 'passed',
    goals: goalKeys.map((goalKey, g) => toGoal(holdout, goalKey, found[g]!, asked)),
  }
}

/** Each goal at its share of the level, so that all of them hold at once, at all looks. */
function toGoal(
  { slices, startAt, stopAt }: Observed,
  goalKey: string,
  { heldOut, others }: Groups,
  { goals, now, isRed }: { readonly goals: number; readonly now: number; readonly isRed: boolean },
): HoldoutGoal {
  const arm = (variationId: string, group: Groups['others'], expectedWeight: number) => ({
    variationId,
    users: group.users,
    conversions: group.converted,
    expectedWeight,
  })
  const [comparison] = compareArms({
    counts: [arm(heldOutName, heldOut, slices), arm(othersName, others, slicesTotal - slices)],
    baselineVariationId: heldOutName,
    decision: { kind: 'always-valid', alpha: alphaDefault / goals, usersPlanned: null },
    direction: 'increase',
    equivalence: equivalenceDefault,
    window: { from: startAt, to: Math.min(stopAt, now) },
    isRed,
  })
  return { goalKey, heldOut, others, comparison: comparison! }
}
