// Targeting keys that several targets of one flag list.
import type { Flag } from './flag.ts'

export interface RepeatedTarget {
  /** Where the key stands again: the index of the target, and in its list. */
  readonly target: number
  readonly index: number
  readonly key: string
  /** Variations of the target that lists the key first, and of the one that repeats it. */
  readonly first: string
  readonly second: string
}

/** Within the list of one target, a key may stand twice. */
export function repeatedTargets(targets: Flag['targets']): RepeatedTarget[] {
  const owners = new Map<string, number>()
  return targets.flatMap(({ variationId: second, targetingKeys }, target) =>
    targetingKeys.flatMap((key, index): RepeatedTarget[] => {
      const owner = owners.get(key) ?? target
      owners.set(key, owner)
      const first = targets[owner]!.variationId
      return owner === target ? [] : [{ target, index, key, first, second }]
    }),
  )
}

/** Without the keys that an earlier target lists, and without targets that this leaves empty. */
export function withoutRepeatedTargets(targets: Flag['targets']): Flag['targets'] {
  const repeated = new Set(repeatedTargets(targets).map(({ target, index }) => `${target}.${index}`))
  return targets
    .map((target, t) => ({
      ...target,
      targetingKeys: target.targetingKeys.filter((_, i) => !repeated.has(`${t}.${i}`)),
    }))
    .filter(({ targetingKeys }, t) => targetingKeys.length > 0 || targets[t]!.targetingKeys.length === 0)
}
