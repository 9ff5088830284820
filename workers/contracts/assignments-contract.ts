// The interface of the Durable Objects that store assignments, and which of them has whom: for edge, which
// must not depend on their class, and for control.
import { murmur3x86 } from '../../core/hash/murmur3-x86-32.ts'

/**
 * One object serves about 1,000 requests a second. Changing this number would lose every stored assignment.
 */
export const assignmentShards = 64

/** `who` is a visitor or a group: `visitorName`, `groupName`. */
export const assignmentStoreOf = (
  objects: DurableObjectNamespace,
  environmentId: string,
  who: string,
): AssignmentStore => assignmentStoreAt(objects, environmentId, murmur3x86(who) % assignmentShards)

export const assignmentStoreAt = (
  objects: DurableObjectNamespace,
  environmentId: string,
  shard: number,
): AssignmentStore =>
  objects.get(objects.idFromName(`${environmentId}:${shard}`)) as unknown as AssignmentStore

export const visitorName = (targetingKey: string) => `visitor:${targetingKey}`
export const groupName = (group: string) => `group:${group}`

/** Id of the rule, id of the variation. */
export type AssignmentRow = readonly [ruleId: string, variationId: string]

/** Of a backup. */
export type KeptAssignment = [who: string, ruleId: string, variationId: string]

export interface AssignmentStore {
  read(who: string): AssignmentRow[] | Promise<AssignmentRow[]>
  keep(who: string, rows: readonly AssignmentRow[]): void | Promise<void>
  /** Resolves to how many assignments there were. */
  forget(who: string): number | Promise<number>
  /** Assignments of whole visitors, in order, after a visitor. At most `max`, but for the last visitor's. */
  page(after: string, max: number): KeptAssignment[] | Promise<KeptAssignment[]>
  /** Keeps what is not kept yet. */
  restore(rows: readonly KeptAssignment[]): void | Promise<void>
}
