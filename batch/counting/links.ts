// Who counts as one. An anonymous id belongs to the known id that it was first linked to; links of links are
// followed, in the order of time, and one that would close a circle is ignored. So of two users of one
// device, the first gets what was done before anybody was known, and each keeps what they did under their own
// id.

/** The first link of an anonymous id. Ids are hashes, as decimal texts. */
export interface Link {
  readonly previous: string
  readonly previousKey: string
  readonly known: string
  readonly knownKey: string
  /** Epoch milliseconds. */
  readonly linkedAt: number
}

/** A user who counts as `person`, maybe under another id. */
export interface Member {
  readonly user: string
  readonly targetingKey: string
  readonly person: string
}

/** All who are linked to somebody: the known users among them too. */
export function resolveLinks(links: readonly Link[]): Member[] {
  const next = new Map<string, string>()
  const rootOf = (user: string): string => {
    let root = user
    for (let known = next.get(root); known !== undefined; known = next.get(root)) root = known
    // Paths are made short, so that long chains cost no more than short ones.
    for (let each = user; each !== root;) {
      const following = next.get(each)!
      next.set(each, root)
      each = following
    }
    return root
  }
  const keys = new Map<string, string>()
  const inOrder = links.toSorted(
    (a, b) => a.linkedAt - b.linkedAt || (a.previousKey < b.previousKey ? -1 : 1),
  )
  for (const { previous, previousKey, known, knownKey } of inOrder) {
    if (rootOf(known) === previous || next.has(previous)) continue
    next.set(previous, known)
    keys.set(previous, previousKey).set(known, knownKey)
  }
  return [...keys].map(([user, targetingKey]) => ({ user, targetingKey, person: rootOf(user) }))
}

/** Both sides of an incremental count, as rows of the file that the queries read. */
export function linkRows(before: readonly Member[], after: readonly Member[]) {
  const persons = (members: readonly Member[]) => new Map(members.map(({ user, person }) => [user, person]))
  const [old, now] = [persons(before), persons(after)]
  const isChanged = ({ user }: Member) => (old.get(user) ?? user) !== (now.get(user) ?? user)
  return [
    ...before.map((member) => ({ side: -1, ...member, isChanged: isChanged(member) })),
    ...after.map((member) => ({ side: 1, ...member, isChanged: isChanged(member) })),
  ]
}
