// Guards dynamic allocations: while one is open, nothing else changes the split of its rule, and nothing that
// needs shares of its own begins on it.
import { type DynamicAllocation, isAllocationOpen } from '../model/dynamic-allocation.ts'
import { type EnvironmentState, withWrites } from '../model/environment-state.ts'
import { isOpenAt } from '../model/experiment.ts'
import type { Flag } from '../model/flag.ts'
import { isHashedAlike } from '../model/moves.ts'
import { isRolloutOpen } from '../model/progressive-rollout.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { type Change, type ChangeContext, isSame } from './entity.ts'
import { partOf } from './experiment-phases.ts'

/** Refuses a change that does not come from the allocation itself. */
export function guardAllocations(
  state: EnvironmentState,
  changed: Change,
  { now }: ChangeContext,
): Result<Change> {
  if (state.dynamicAllocation.size === 0) return ok(changed)
  const { writes } = changed
  const after = withWrites(state, writes)
  for (const allocation of after.dynamicAllocation.values()) {
    if (!isAllocationOpen(allocation)) continue
    const { id, flagKey, ruleId } = allocation
    if (writes.some((write) => write.kind === 'dynamicAllocation' && write.id === id)) continue
    const [before, next] = [state.flag.get(flagKey), after.flag.get(flagKey)]
    const disturbance =
      before && next && before !== next ? disturbanceOf(allocation, before, next) : undefined
    if (disturbance !== undefined) return refuseLocked(allocation, `this ${disturbance}`)
    for (const { kind, value } of writes) {
      const begins =
        (kind === 'experiment' && value && isOpenAt(value, now)) ||
        (kind === 'progressiveRollout' && value && isRolloutOpen(value))
      if (begins && value.flagKey === flagKey && value.ruleId === ruleId)
        return refuseLocked(
          allocation,
          `${kind === 'experiment' ? kind : 'progressive rollout'} ${value.id} begins`,
        )
    }
  }
  return ok(changed)
}

function refuseLocked({ id, flagKey, status }: DynamicAllocation, why: string) {
  const message =
    `dynamic allocation ${id} is ${status} on flag ${flagKey}, and ${why}: stop it first ` +
    `(POST .../dynamic-allocations/${id}/stop)`
  return refuse('CONFLICT', message, { dependents: [{ kind: 'dynamicAllocation', id }] })
}

function disturbanceOf({ ruleId, arms }: DynamicAllocation, before: Flag, after: Flag): string | undefined {
  if (!before.archived && after.archived) return 'archives the flag'
  const [part, next] = [partOf(before, ruleId), partOf(after, ruleId)]
  if (!part) return undefined
  if (!next) return 'removes its rule or splits its users anew'
  if (!isHashedAlike(before, after, part, next)) return 'splits users anew'
  if (!isSame(part.strategy, next.strategy)) return 'changes the shares of its rule'
  const valueOf = ({ variations }: Flag, arm: string) => variations.find(({ id }) => id === arm)?.value
  return arms.every((arm) => valueOf(before, arm) === valueOf(after, arm))
    ? undefined
    : 'changes the value of a variation that it compares'
}
