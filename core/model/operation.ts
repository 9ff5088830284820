// Automatic operations. Deciding is here and pure; the batch runner gathers the facts and sends the command like anybody else.
import * as z from 'zod'
import { Id, Key } from './flag.ts'
import { versioned } from './versioned.ts'

/**
 * Kill switch: turns the flag off when, of the users exposed to a variation since counting began, the share that reached a goal
 * crosses a threshold. Bucketeer's event-rate operation, except that goal users are counted among the exposed ones only.
 */
export const Operation = z.strictObject({
  id: Id,
  kind: z.literal('event-rate'),
  flagKey: Key,
  variationId: Id,
  goalKey: Key,
  comparison: z.enum(['at-least', 'at-most']),
  /** Share of exposed users, in (0, 1]. */
  threshold: z.number().gt(0).max(1),
  /** Exposed users before the rate is looked at. */
  minimumUsers: z.int().min(1),
  status: z.enum(['active', 'fired']),
  /** Epoch milliseconds: events from here on count. */
  countingFrom: z.int(),
  ...versioned,
})
export type Operation = z.infer<typeof Operation>

/** Distinct users since `countingFrom`. */
export const OperationFacts = z.strictObject({ exposedUsers: z.int().min(0), goalUsers: z.int().min(0) })
export type OperationFacts = z.infer<typeof OperationFacts>

/** Whether the operation is to be applied on these facts. */
export function isDue(operation: Operation, { exposedUsers, goalUsers }: OperationFacts): boolean {
  if (operation.status !== 'active' || exposedUsers < operation.minimumUsers) return false
  const rate = Math.min(goalUsers, exposedUsers) / exposedUsers
  return operation.comparison === 'at-least' ? rate >= operation.threshold : rate <= operation.threshold
}
