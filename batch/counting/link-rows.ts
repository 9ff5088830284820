// Links as ClickHouse writes them, and persons as it reads them: RowBinary. There may be hundreds of
// thousands, so nothing of it is text.
import type { Window } from '../lake/cache.ts'
import { type ScopedPerson, type ScopedSides, scopedPersons, type TimedLink } from './link-scopes.ts'

/** Words of eight bytes in a row of counting/aliases.sql: side, anonymous id, known id, time. */
const rowWords = 4

/** Who counts as one on each side of a count, from what counting/aliases.sql writes in RowBinary. */
export function personsOfSides(aliases: Buffer, windows: readonly Window[]): ScopedSides {
  const words = new BigUint64Array(aliases.buffer, aliases.byteOffset, aliases.length / 8)
  const first = words.findIndex((word, at) => at % rowWords === 0 && word === 1n)
  const [before, after] =
    first < 0 ? [words, words.subarray(0, 0)] : [words.subarray(0, first), words.subarray(first)]
  return scopedPersons([...linksOf(before)], [...linksOf(after)], windows)
}

function* linksOf(words: BigUint64Array): Generator<TimedLink> {
  for (let row = 0; row < words.length; row += rowWords)
    yield {
      link: [words[row + 1]!, words[row + 2]!],
      at: Number(BigInt.asIntN(64, words[row + 3]!)),
    }
}

/** `linkColumns` as RowBinary. */
const linkBytes = 26

/** Both sides of an incremental count, as RowBinary. The queries look at the users whose person changed. */
export function linkRows({ before, after }: ScopedSides): Buffer {
  const rows = Buffer.allocUnsafe(linkBytes * (before.length + after.length))
  const isChanged = changedUsers(before, after)
  let at = 0
  for (const [side, persons] of [
    [-1, before],
    [1, after],
  ] as const)
    for (const { user, person, scope, component } of persons) {
      rows.writeInt8(side, at)
      rows.writeBigUInt64LE(user, at + 1)
      rows.writeBigUInt64LE(person, at + 9)
      rows.writeUInt32LE(scope, at + 17)
      rows.writeUInt32LE(component, at + 21)
      rows.writeUInt8(isChanged(user) ? 1 : 0, at + 25)
      at += linkBytes
    }
  return rows
}

/** Whoever is not linked counts as himself. */
function changedUsers(before: readonly ScopedPerson[], after: readonly ScopedPerson[]) {
  if (before === after) return () => false
  const personsOf = (persons: readonly ScopedPerson[]) => {
    const found = new Map<bigint, string>()
    for (const { user, person, scope } of persons)
      if (scope !== 0 || person !== user) found.set(user, `${found.get(user) ?? ''} ${scope} ${person}`)
    return found
  }
  const [old, now] = [personsOf(before), personsOf(after)]
  return (user: bigint) => old.get(user) !== now.get(user)
}
