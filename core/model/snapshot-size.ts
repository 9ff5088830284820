// The size of an environment's snapshot. KV refuses a value that is too large, so a change that would make
// one is refused before it is committed. Changes that take away, turn off or revoke are never refused.
import type { EnvironmentState, Write } from './environment-state.ts'
import { snapshotBytesMax } from './limits.ts'
import { type Problem, refuse } from './problem.ts'

export interface SizeOfChange {
  readonly state: EnvironmentState
  readonly writes: readonly Write[]
  /** Bytes of the snapshot after the change. */
  readonly bytes: number
  /** Bytes of the snapshot before the change. Read only if the result depends on it. */
  readonly bytesBefore: () => number
}

/** Why the change makes the snapshot too large; undefined if it does not. */
export function snapshotTooLarge({ state, writes, bytes, bytesBefore }: SizeOfChange): Problem | undefined {
  if (bytes <= snapshotBytesMax || !writes.some((write) => adds(state, write))) return undefined
  if (bytes <= bytesBefore()) return undefined
  const [is, most] = [bytes, snapshotBytesMax].map((each) => each.toLocaleString('en'))
  return refuse(
    'TOO_LARGE',
    `the snapshot of this environment would have ${is} bytes (snapshotBytes); at most ${most} are allowed`,
  ).problem
}

/**
 * Whether a write adds to the snapshot. What a switch adds (`false` is longer than `true`, a version has more
 * digits) is a few bytes per entity, and settings are one small entity: KV has room for both.
 */
function adds(state: EnvironmentState, { kind, id, value }: Write): boolean {
  if (value === null || (kind !== 'flag' && kind !== 'segment' && kind !== 'sdkKey')) return false
  const before = state[kind].get(id)
  return before === undefined || isBack(before, value) || lengthOf(value) > lengthOf(before)
}

/** An archived flag and a disabled key are not in the snapshot. */
const isBack = (before: object, after: object): boolean =>
  hidden.some((field) => isSet(before, field) && !isSet(after, field))
const hidden = ['archived', 'disabled']
const isSet = (entity: object, field: string) => (entity as Record<string, unknown>)[field] === true

/** Characters of the entity's JSON without what a switch changes. */
const lengthOf = (entity: object): number =>
  JSON.stringify(entity, (field, value: unknown) => (switches.has(field) ? undefined : value)).length
const switches = new Set(['enabled', 'archived', 'disabled', 'version', 'createdAt', 'updatedAt'])
