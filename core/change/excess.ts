// Whether a change would make more entities of a kind than an environment may have.
import type { EntityKind, EnvironmentState, Write } from '../model/environment-state.ts'
import { entitiesMax } from '../model/limits.ts'
import type { Problem } from '../model/problem.ts'
import { wordOf } from './entity.ts'

/**
 * Undefined if the change fits. Every command is checked here, however it makes entities. An environment that
 * is beyond a limit already may change and lose entities of the kind, and gets no further ones.
 */
export function excessOf(state: EnvironmentState, writes: readonly Write[]): Problem | undefined {
  const growth = new Map<EntityKind, number>()
  for (const { kind, id, value } of writes) {
    const by = Number(value !== null) - Number(state[kind].has(id))
    if (by !== 0) growth.set(kind, (growth.get(kind) ?? 0) + by)
  }
  for (const [kind, by] of growth) {
    const max = entitiesMax[kind]
    const size = state[kind].size + by
    if (by <= 0 || size <= max) continue
    const message =
      `an environment has at most ${max} ${wordOf(kind, 'plural')}, and would have ${size}: ` +
      'delete some that are no longer needed'
    return { code: 'TOO_LARGE', message }
  }
  return undefined
}
