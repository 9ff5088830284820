// What differs between the flags of two environments. Pure.
import { diff, type Difference } from '../../../core/change/diff.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { dependenciesOf } from '../../../core/model/snapshot.ts'

export interface FlagDifference {
  readonly key: string
  readonly name: string
  readonly here: Flag | undefined
  readonly there: Flag | undefined
  readonly differences: readonly Difference[]
}

/** What each environment has of its own: when a flag was changed there, and whether it is on. */
const own = /^\/(version|createdAt|updatedAt|enabled|segmentsUpdatedAt|archived)$/

/** The id of a default strategy salts its split; where nobody is split, nobody notices it. */
const isUnnoticed = (path: string, here: Flag, there: Flag): boolean =>
  path === '/defaultStrategy/id' &&
  [here, there].every(({ defaultStrategy }) => defaultStrategy.strategy.kind === 'fixed')

/** Those that are not the same in both, by key; and how many are. */
export function compareFlags(
  here: readonly Flag[],
  there: readonly Flag[],
): { readonly different: readonly FlagDifference[]; readonly same: number } {
  const byKey = (flags: readonly Flag[]) => new Map(flags.map((flag) => [flag.key, flag]))
  const [ours, theirs] = [byKey(here), byKey(there)]
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted()
  const all = keys.map((key) => {
    const [mine, other] = [ours.get(key), theirs.get(key)]
    const differences =
      mine && other
        ? diff(mine, other).filter(({ path }) => !own.test(path) && !isUnnoticed(path, mine, other))
        : []
    return { key, name: (mine ?? other)!.name || key, here: mine, there: other, differences }
  })
  const different = all.filter((each) => !each.here || !each.there || each.differences.length > 0)
  return { different, same: all.length - different.length }
}

/** A flag that another one needs comes before it; else as given. Cycles are as they come. */
export function inOrderOfNeed(flags: readonly FlagDifference[]): FlagDifference[] {
  const byKey = new Map(flags.map((flag) => [flag.key, flag]))
  const ordered = new Set<FlagDifference>()
  const begun = new Set<string>()
  const add = (flag: FlagDifference): void => {
    if (begun.has(flag.key)) return
    begun.add(flag.key)
    for (const key of flag.there ? dependenciesOf(flag.there) : []) {
      const needed = byKey.get(key)
      if (needed) add(needed)
    }
    ordered.add(flag)
  }
  for (const flag of flags) add(flag)
  return [...ordered]
}
