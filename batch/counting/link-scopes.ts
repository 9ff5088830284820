// Whom each user counts as, for questions that follow links of different times. A question follows the links
// made in its own window, so that its counts do not depend on what else is asked. Most users count as the
// same person in all windows. Where windows differ, a user has a row for each set of windows that agree: a
// scope. A person of a scope has a number of their own, so one statement counts them apart.
import type { Window } from '../lake/cache.ts'
import { type Link, resolveLinks } from './links.ts'

/** Of a person whom all windows agree on. */
export const everyScope = 0

export interface TimedLink {
  readonly link: Link
  /** Epoch milliseconds: when the alias counts. */
  readonly at: number
}

export interface ScopedPerson {
  readonly user: bigint
  readonly person: bigint
  readonly scope: number
  /** Equal for all who are linked with each other in any way. */
  readonly component: number
}

export interface ScopedSides {
  readonly before: readonly ScopedPerson[]
  readonly after: readonly ScopedPerson[]
  /** By window, the scopes that hold for it, besides `everyScope`. */
  readonly scopes: readonly (readonly number[])[]
}

/** The links of each side are in order of time. */
export function scopedPersons(
  before: readonly TimedLink[],
  after: readonly TimedLink[],
  windows: readonly Window[],
): ScopedSides {
  const scopes = openScopes(windows)
  const isFollowed = ({ at }: TimedLink) => windows.some(({ from, to }) => from <= at && at < to)
  const [old, now] = [before, after].map((links) => links.filter(isFollowed)) as [TimedLink[], TimedLink[]]
  const isSame =
    old.length === now.length &&
    old.every(({ link: [previous, known], at }, i) => {
      const other = now[i]!
      return at === other.at && previous === other.link[0] && known === other.link[1]
    })
  const componentOf = components(isSame ? now : [...old, ...now])
  const personsNow = personsOf(now, componentOf, scopes)
  const personsOld = isSame ? personsNow : personsOf(old, componentOf, scopes)
  return { before: personsOld, after: personsNow, scopes: scopes.byWindow() }
}

function personsOf(links: readonly TimedLink[], componentOf: ReadonlyMap<bigint, number>, scopes: Scopes) {
  const persons: ScopedPerson[] = []
  const agreed: TimedLink[][] = []
  const byComponent = Map.groupBy(links, ({ link: [previous] }) => componentOf.get(previous)!)
  for (const [component, own] of byComponent) {
    const followed = scopes.of(own)
    if (followed[0]?.scope === everyScope) {
      agreed.push(own)
      continue
    }
    const users = new Set(own.flatMap(({ link }) => link))
    for (const { first, end, scope } of followed) {
      const found = resolveLinks(own.slice(first, end).map(({ link }) => link))
      for (const user of users)
        persons.push({ user, person: personIn(scope, found.get(user) ?? user), scope, component })
    }
  }
  // Those of one component are still in order of time.
  for (const [user, person] of resolveLinks(agreed.flat().map(({ link }) => link)))
    persons.push({ user, person, scope: everyScope, component: componentOf.get(user)! })
  return persons
}

/** The golden ratio's bits: nothing that a hash would be likely to differ by. */
const distance = 0x9e37_79b9_7f4a_7c15n

const personIn = (scope: number, person: bigint) => BigInt.asUintN(64, person ^ (BigInt(scope) * distance))

/** Which of some links a set of windows follows, half-open. */
interface Followed {
  readonly first: number
  readonly end: number
  readonly scope: number
}

interface Scopes {
  of(links: readonly TimedLink[]): readonly Followed[]
  byWindow(): readonly (readonly number[])[]
}

function openScopes(windows: readonly Window[]): Scopes {
  const distinct = [...new Map(windows.map((each) => [keyOf(each), each])).values()]
  const bounds = [...new Set(distinct.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b)
  /** By the indexes of the windows that agree. */
  const numbers = new Map<string, number>()
  const known = new Map<string, readonly Followed[]>()
  const numberOf = (agreeing: readonly number[]) => {
    if (agreeing.length === distinct.length) return everyScope
    const key = agreeing.join(' ')
    const number = numbers.get(key) ?? numbers.size + 1
    numbers.set(key, number)
    return number
  }
  return {
    of(links) {
      // Links between the same bounds are followed by the same windows.
      const key = links.map(({ at }) => placeOf(bounds, at)).join(' ')
      const found = known.get(key) ?? followed(links, distinct, numberOf)
      known.set(key, found)
      return found
    },
    byWindow() {
      const scopesOf = distinct.map((_, w) =>
        [...numbers].flatMap(([key, scope]) => (key.split(' ').includes(`${w}`) ? [scope] : [])),
      )
      const places = new Map(distinct.map((each, w) => [keyOf(each), w]))
      return windows.map((each) => scopesOf[places.get(keyOf(each))!]!)
    },
  }
}

const keyOf = ({ from, to }: Window) => `${from} ${to}`

/** How many bounds are not later. */
function placeOf(bounds: readonly number[], at: number): number {
  const later = bounds.findIndex((bound) => bound > at)
  return later < 0 ? bounds.length : later
}

function followed(
  links: readonly TimedLink[],
  windows: readonly Window[],
  numberOf: (agreeing: readonly number[]) => number,
): Followed[] {
  const rangeOf = ({ from, to }: Window) => {
    const first = links.filter(({ at }) => at < from).length
    return [first, Math.max(first, links.filter(({ at }) => at < to).length)] as const
  }
  const ranges = windows.map(rangeOf)
  const agreeing = Map.groupBy(windows.keys(), (w) => {
    const [first, end] = ranges[w]!
    return first === end ? 'none' : `${first} ${end}`
  })
  return [...agreeing.values()].map((own) => {
    const [first, end] = ranges[own[0]!]!
    return { first, end, scope: numberOf(own) }
  })
}

/** By user, a number that all have who are linked, whoever counts as whom. */
function components(links: readonly TimedLink[]): ReadonlyMap<bigint, number> {
  const numbers = new Map<bigint, number>()
  const parents: number[] = []
  const numberOf = (user: bigint) => {
    const number = numbers.get(user)
    if (number !== undefined) return number
    numbers.set(user, parents.length)
    return parents.push(parents.length) - 1
  }
  const rootOf = (user: number) => {
    let root = user
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!
      root = parents[root]!
    }
    return root
  }
  for (const {
    link: [previous, known],
  } of links)
    parents[rootOf(numberOf(previous))] = rootOf(numberOf(known))
  return new Map([...numbers].map(([user, number]) => [user, rootOf(number)]))
}
