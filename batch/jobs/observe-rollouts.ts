// Counts the users that steps of progressive rollouts wait for, and tells control when they have come.
// Control checks the facts again and makes the step.
import type { MinuteCounts } from '../../core/model/operation-watch.ts'
import {
  type ProgressiveRollout,
  type RolloutFacts,
  stepInQuestion,
} from '../../core/model/progressive-rollout.ts'
import { judgedOf, shortfallOf } from '../../core/model/rollout-shortfall.ts'
import type { RolloutLookAt } from '../automation-api.ts'
import type { AskedUsers } from '../counting/operation-minutes.ts'
import type { Failure } from '../failure.ts'
import type { CountedOperations } from './apply-operations.ts'
import type { JobContext } from './job-context.ts'
import type { Lent } from './with-lease.ts'

type Context = Omit<JobContext, 'counts'> & Lent

export async function observeRollouts(
  environmentId: string,
  counted: CountedOperations,
  context: Context,
): Promise<void> {
  const { api, minutes, now, onEvent, isHeld } = context
  const failed = (subject: string, failure: Failure) => onEvent({ kind: 'failed', subject, failure })
  const listed = await api.progressiveRollouts(environmentId)
  if (!listed.ok) return failed(environmentId, listed.problem)
  for (const { id, reason, status } of listed.value.unknown)
    if (status === 'running' || status === 'paused')
      onEvent({ kind: 'skipped', environmentId, work: 'operations', id, reason })
  const waiting = listed.value.entries.filter(
    (rollout) => rollout.status === 'running' && usersAwaited(rollout) !== undefined,
  )
  if (waiting.length === 0) return
  const asked = waiting.flatMap((rollout) => usersAwaited(rollout) ?? [])
  const users = await minutes.users(environmentId, asked, now)
  if (!users.ok) return failed(environmentId, users.problem)
  const operations = new Map([...counted].map(([id, { operation }]) => [id, operation]))
  const looks: RolloutLookAt[] = []
  for (const [i, rollout] of waiting.entries()) {
    const facts = factsOf(rollout, users.value[i] ?? [], counted, now)
    const missing = shortfallOf(rollout, operations, facts)
    looks.push({ rolloutId: rollout.id, look: { at: now, ...facts, missing } })
    if (missing.length > 0 || !(await isHeld())) continue
    const confirmed = await api.confirmRollout(environmentId, rollout.id, facts)
    if (confirmed.ok) onEvent({ kind: 'confirmed', environmentId, rollout, facts, ...confirmed.value })
    else failed(`${environmentId}/${rollout.id}`, confirmed.problem)
  }
  const stored = await api.storeRolloutLooks(environmentId, looks)
  if (!stored.ok) failed(environmentId, stored.problem)
}

/** Whom its step waits for; undefined if it waits for nobody. */
export function usersAwaited(rollout: ProgressiveRollout): AskedUsers | undefined {
  const { flagKey, ruleId, variationId, stepAt } = rollout
  if (!stepInQuestion(rollout) || stepAt === undefined) return undefined
  return { flagKey, ruleId, variationId, since: stepAt }
}

function factsOf(
  { stepAt = 0, steps, stepsMade }: ProgressiveRollout,
  rows: readonly MinuteCounts[],
  counted: CountedOperations,
  now: number,
): RolloutFacts {
  const sum = (field: 'users' | 'verifiedUsers' | 'unverifiedUsers' | 'usersOverLimit') =>
    rows.reduce((total, row) => total + row[field], 0)
  const guardrails = (steps[stepsMade - 1]?.guardrails ?? []).flatMap((id) => {
    const found = counted.get(id)
    return found ? [judgedOf(found.operation, found.rows, stepAt, now)] : []
  })
  return {
    stepAt,
    until: now,
    users: sum('users'),
    verifiedUsers: sum('verifiedUsers'),
    unverifiedUsers: sum('unverifiedUsers'),
    usersOverLimit: sum('usersOverLimit'),
    guardrails,
  }
}
