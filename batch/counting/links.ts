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
