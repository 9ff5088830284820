// Counts the users of dynamic allocations whose time has come, and asks control to move their shares. Control
// computes the new shares itself, from the counts; of two runners, the second finds them moved.
import { allocationLook } from '../../core/model/allocation-look.ts'
import {
  type AllocationFacts,
  type DynamicAllocation,
  movesNextAt,
} from '../../core/model/dynamic-allocation.ts'
import { commentLengthMax } from '../../core/model/limits.ts'
import { movedWeights, whyNotMoved } from '../../core/model/reallocation.ts'
import type { AllocationLookAt } from '../automation-api.ts'
import type { AllocationCounts } from '../counting/allocation-counts.ts'
import { type Failure, fail } from '../failure.ts'
import { mismatchFactor, sampleRatio } from '../statistics/sample-ratio.ts'
import type { JobContext } from './job-context.ts'

type Context = Pick<JobContext, 'api' | 'now' | 'onEvent'> & { readonly allocations: AllocationCounts }

export async function moveAllocations(environmentId: string, context: Context): Promise<void> {
  const { api, allocations, now, onEvent } = context
  const failed = (subject: string, failure: Failure) => onEvent({ kind: 'failed', subject, failure })
  const listed = await api.dynamicAllocations(environmentId)
  if (!listed.ok) return failed(environmentId, listed.problem)
  const due = listed.value.entries.filter(
    (allocation) => allocation.status === 'running' && now >= movesNextAt(allocation),
  )
  if (due.length === 0) return
  const goals = await api.goals(environmentId)
  if (!goals.ok) return failed(environmentId, goals.problem)
  const asked = due.flatMap((allocation) => {
    const goal = goals.value.find(({ key }) => key === allocation.goalKey)
    if (goal) return [{ allocation, event: goal.event }]
    const subject = `${environmentId}/${allocation.id}`
    failed(subject, fail('job', `There is no goal ${allocation.goalKey}.`).problem)
    return []
  })
  if (asked.length === 0) return
  const counted = await allocations.count(environmentId, asked, now)
  if (!counted.ok) return failed(environmentId, counted.problem)
  const looks: AllocationLookAt[] = []
  for (const [i, { allocation }] of asked.entries()) {
    const facts = counted.value[i]!
    const reason =
      mismatchOf(allocation, facts) ?? whyNotMoved(allocation, facts, now) ?? whyEqual(allocation, facts)
    const lookedWith = (why: string | undefined) =>
      looks.push({ allocationId: allocation.id, look: allocationLook(allocation, facts, now, why) })
    if (reason !== undefined) {
      onEvent({ kind: 'not-moved', environmentId, allocation, reason })
      lookedWith(reason)
      continue
    }
    const moved = await api.moveAllocation(environmentId, allocation.id, facts)
    if (moved.ok) onEvent({ kind: 'moved', environmentId, allocation, facts, ...moved.value })
    else failed(`${environmentId}/${allocation.id}`, moved.problem)
    lookedWith(moved.ok ? undefined : moved.problem.message.slice(0, commentLengthMax))
  }
  const stored = await api.storeAllocationLooks(environmentId, looks)
  if (!stored.ok) failed(environmentId, stored.problem)
}

function whyEqual(allocation: DynamicAllocation, facts: AllocationFacts): string | undefined {
  const { weights } = allocation.phases.at(-1)!
  const moved = movedWeights(allocation, facts)
  return allocation.arms.every((arm) => moved[arm] === weights[arm]) ? 'they are right' : undefined
}

/**
 * Users who are lost unevenly would be taken for worse variations. Tested by phase, each by its own shares; a
 * healthy allocation is ever held up with a probability of at most 1 / 100.
 */
function mismatchOf({ arms, phases }: DynamicAllocation, facts: AllocationFacts): string | undefined {
  const cells = facts.phases.map((phase, p) =>
    arms.map((arm) => ({
      users: phase.arms[arm]!.users,
      expectedWeight: phases[p]!.weights[arm] ?? 0,
    })),
  )
  const ratio = sampleRatio(cells)
  return ratio.kind === 'tested' && ratio.mismatch
    ? `the variations did not get their shares of users (factor over ${mismatchFactor})`
    : undefined
}
