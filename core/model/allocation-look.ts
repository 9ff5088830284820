// What the runner found when it last counted for a dynamic allocation. No part of the configuration; each
// look replaces the one before.
import * as z from 'zod'
import { type AllocationFacts, ArmCounts, type DynamicAllocation } from './dynamic-allocation.ts'
import { Id } from './flag.ts'
import * as limits from './limits.ts'
import { chancesOf } from './reallocation.ts'

export const AllocationLook = z.strictObject({
  /** Epoch milliseconds. */
  at: z.int(),
  /** Users who were first exposed before it were judged. Epoch milliseconds. */
  until: z.int(),
  arms: z
    .array(
      ArmCounts.extend({
        variationId: Id,
        /** To be the best, 0 to 1: by phase, so that it may differ from what the sums suggest. */
        chance: z.number().min(0).max(1),
      }),
    )
    .min(1)
    .max(limits.allocationArmsMax),
  /** Why the shares stayed. Absent: they moved. */
  reason: z.string().max(limits.commentLengthMax).optional(),
})
export type AllocationLook = z.infer<typeof AllocationLook>

/** `facts` have all arms of the allocation in each phase. */
export function allocationLook(
  allocation: Pick<DynamicAllocation, 'arms' | 'lowerIsBetter'>,
  facts: AllocationFacts,
  at: number,
  reason: string | undefined,
): AllocationLook {
  const chances = chancesOf(allocation, facts)
  const sumOf = (arm: string, what: 'users' | 'goals') =>
    facts.phases.reduce((sum, phase) => sum + phase.arms[arm]![what], 0)
  const arms = allocation.arms.map((variationId, i) => ({
    variationId,
    users: sumOf(variationId, 'users'),
    goals: sumOf(variationId, 'goals'),
    chance: Math.min(1, chances[i]!), // a sum of parts may be above it by a rounding
  }))
  return { at, until: facts.until, arms, ...(reason !== undefined && { reason }) }
}
