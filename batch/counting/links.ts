// Who counts as one. An anonymous id belongs to the known id that it was first linked to; links of links are
// followed, in the order of time, and one that would close a circle is ignored. So of two users of one
// device, the first gets what was done before anybody was known, and each keeps what they did under their own
// id.

/** Hashes of an anonymous id and a known one. */
export type Link = readonly [previous: bigint, known: bigint]

/** By user, whom the user counts as: all who are linked to somebody, the known users among them too. */
export type Persons = ReadonlyMap<bigint, bigint>

/** `links` in order of time, maybe several of one anonymous id. */
export function resolveLinks(links: Iterable<Link>): Persons {
  // Users by number, in the order in which they are met: hashes of 64 bits are slow to look up.
  const numbers = new Map<bigint, number>()
  /** Whom each is linked to; themselves: nobody. */
  const next: number[] = []
  const numberOf = (user: bigint): number => {
    const known = numbers.get(user)
    if (known !== undefined) return known
    numbers.set(user, next.length)
    return next.push(next.length) - 1
  }
  const rootOf = (user: number): number => {
    let root = user
    while (next[root] !== root) root = next[root]!
    // Paths are made short, so that long chains cost no more than short ones.
    for (let each = user; each !== root;) {
      const following = next[each]!
      next[each] = root
      each = following
    }
    return root
  }
  for (const [previous, known] of links) {
    if (previous === known) continue
    const [from, to] = [numberOf(previous), numberOf(known)]
    if (next[from] === from && rootOf(to) !== from) next[from] = to
  }
  const users = [...numbers.keys()]
  return new Map(users.map((user, number) => [user, users[rootOf(number)]!]))
}

/** Words of eight bytes in a row of counting/aliases.sql: side, anonymous id, known id. */
const rowWords = 3

/**
 * Who counts as one on each side of a count, from what counting/aliases.sql writes in RowBinary. Mostly both
 * are the same, and are then resolved once.
 */
export function personsOfSides(aliases: Buffer): readonly [before: Persons, after: Persons] {
  const words = new BigUint64Array(aliases.buffer, aliases.byteOffset, aliases.length / 8)
  const first = words.findIndex((word, at) => at % rowWords === 0 && word === 1n)
  const [old, now] =
    first < 0 ? [words, words.subarray(0, 0)] : [words.subarray(0, first), words.subarray(first)]
  const isSame = old.length === now.length && old.every((word, at) => at % rowWords === 0 || word === now[at])
  const after = resolveLinks(linksOf(now))
  return [isSame ? after : resolveLinks(linksOf(old)), after]
}

function* linksOf(words: BigUint64Array): Generator<Link> {
  for (let at = 0; at < words.length; at += rowWords) yield [words[at + 1]!, words[at + 2]!]
}

/** `linkColumns` as RowBinary. */
const linkBytes = 18

/** Both sides of an incremental count, as RowBinary. The queries look at the users whose person changed. */
export function linkRows(before: Persons, after: Persons): Buffer {
  const rows = Buffer.allocUnsafe(linkBytes * (before.size + after.size))
  let at = 0
  for (const [side, persons, others] of [
    [-1, before, after],
    [1, after, before],
  ] as const)
    for (const [user, person] of persons) {
      rows.writeInt8(side, at)
      rows.writeBigUInt64LE(user, at + 1)
      rows.writeBigUInt64LE(person, at + 9)
      rows.writeUInt8((others.get(user) ?? user) === person ? 0 : 1, at + 17)
      at += linkBytes
    }
  return rows
}
