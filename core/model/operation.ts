// Automatic operations: when an operation is due is decided here. The batch runner collects the facts and
// sends the command through the admin API.
import * as z from 'zod'
import { FlagKey, Id, Key } from './flag.ts'
import { CountedEvents, SharedAddress } from './counted-events.ts'
import { versioned } from './versioned.ts'

/**
 * A kill switch: disables the flag when the share of users who reached a goal, among those exposed to a
 * variation since `countingFrom`, crosses a threshold. Like Bucketeer's event-rate operation, except that
 * only exposed users count.
 */
export const Operation = z.strictObject({
  id: Id,
  kind: z.literal('event-rate'),
  flagKey: FlagKey,
  variationId: Id,
  goalKey: Key,
  comparison: z.enum(['at-least', 'at-most']),
  /** Share of exposed users, in (0, 1]. */
  threshold: z.number().gt(0).max(1),
  /** The number of exposed users from which on the rate is checked. */
  minimumUsers: z.int().min(1),
  status: z.enum(['active', 'fired']),
  /** Epoch milliseconds; earlier events do not count. */
  countingFrom: z.int(),
  counts: CountedEvents.optional(),
  sharedAddress: SharedAddress.optional(),
  ...versioned,
})
export type Operation = z.infer<typeof Operation>

/** Numbers of distinct users since `countingFrom`. */
export const OperationFacts = z.strictObject({
  exposedUsers: z.int().min(0),
  goalUsers: z.int().min(0),
  /** By the first exposure of each user, also of those that do not count. Older runners do not say. */
  verifiedUsers: z.int().min(0).optional(),
  unverifiedUsers: z.int().min(0).optional(),
  /** Left out because too many users came from one address. */
  usersOverLimit: z.int().min(0).optional(),
})
export type OperationFacts = z.infer<typeof OperationFacts>

/** Whether the operation should be applied. */
export function isDue(operation: Operation, { exposedUsers, goalUsers }: OperationFacts): boolean {
  if (operation.status !== 'active' || exposedUsers < operation.minimumUsers) return false
  const rate = Math.min(goalUsers, exposedUsers) / exposedUsers
  return operation.comparison === 'at-least' ? rate >= operation.threshold : rate <= operation.threshold
}
