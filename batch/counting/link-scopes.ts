// Whom each user counts as, for questions that follow links of different times. A question follows the links
// made in its own window, so that its counts do not depend on what else is asked. Most users count as the
// same person in all windows, also those who log in again and again. Where windows differ, a user has a row
// for each set of windows that agree on the persons: a scope. A person of a scope has a number of their own,
// so one statement counts them apart.
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
  // Hashes of 64 bits are slow to look up: from here on, users are numbers.
  const users = numbering<bigint>()
  const numbered = (links: readonly TimedLink[]) =>
    links.map(({ link, at }): NumberedLink => [users.numberOf(link[0]), users.numberOf(link[1]), at])
  const linksNow = numbered(now)
  const linksOld = isSame ? linksNow : numbered(old)
  const componentOf = components(users.all.length, isSame ? linksNow : [...linksOld, ...linksNow])
  const personsNow = personsOf(linksNow, users.all, componentOf, scopes)
  const personsOld = isSame ? personsNow : personsOf(linksOld, users.all, componentOf, scopes)
  return { before: personsOld, after: personsNow, scopes: scopes.byWindow() }
}

/** Two users by number, and when the alias counts. */
type NumberedLink = readonly [previous: number, known: number, at: number]

function personsOf(
  links: readonly NumberedLink[],
  users: readonly bigint[],
  componentOf: (user: number) => number,
  scopes: Scopes,
): ScopedPerson[] {
  const persons: ScopedPerson[] = []
  for (const [component, own] of Map.groupBy(links, ([previous]) => componentOf(previous))) {
    const met = numbering<number>()
    const pattern = own.map(([previous, known, at]): NumberedLink => [
      met.numberOf(previous),
      met.numberOf(known),
      at,
    ])
    for (const { scope, personOf } of scopes.of(pattern))
      for (const [number, user] of met.all.entries()) {
        const person = users[met.all[personOf(number)]!]!
        persons.push({ user: users[user]!, person: personIn(scope, person), scope, component })
      }
  }
  return persons
}

/** Things by number, in the order in which they are met. */
function numbering<Thing>() {
  const numbers = new Map<Thing, number>()
  const all: Thing[] = []
  return {
    all: all as readonly Thing[],
    numberOf(thing: Thing): number {
      const known = numbers.get(thing)
      if (known !== undefined) return known
      numbers.set(thing, all.length)
      return all.push(thing) - 1
    },
  }
}

/** The golden ratio's bits: nothing that a hash would be likely to differ by. */
const distance = 0x9e37_79b9_7f4a_7c15n

const personIn = (scope: number, person: bigint) =>
  scope === everyScope ? person : BigInt.asUintN(64, person ^ (BigInt(scope) * distance))

/** Whom a set of windows has for each user of some links. */
interface Followed {
  readonly scope: number
  readonly personOf: (user: number) => number
}

interface Scopes {
  /** Users are numbered in the order in which the links name them. */
  of(links: readonly NumberedLink[]): readonly Followed[]
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
      // Most users log in as others do, between the same bounds: what follows from that is found once.
      let key = ''
      for (const [previous, user, at] of links) key += `${placeOf(bounds, at)} ${previous} ${user},`
      const found = known.get(key) ?? followed(links, distinct, numberOf)
      known.set(key, found)
      return found
    },
    byWindow() {
      const scopesOf = distinct.map((): number[] => [])
      for (const [key, scope] of numbers) for (const w of key.split(' ')) scopesOf[Number(w)]!.push(scope)
      const places = new Map(distinct.map((each, w) => [keyOf(each), w]))
      return windows.map((each) => scopesOf[places.get(keyOf(each))!]!)
    },
  }
}

const keyOf = ({ from, to }: Window) => `${from} ${to}`

/** How many bounds are not later. */
function placeOf(bounds: readonly number[], at: number): number {
  let [from, to] = [0, bounds.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (bounds[middle]! <= at) from = middle + 1
    else to = middle
  }
  return from
}

/** Windows agree where they have the same persons, whatever links say so. */
function followed(
  links: readonly NumberedLink[],
  windows: readonly Window[],
  numberOf: (agreeing: readonly number[]) => number,
): Followed[] {
  const byLinks = new Map<string, ReadonlyMap<bigint, bigint>>()
  const personsIn = ({ from, to }: Window) => {
    // A link that is there already says nothing new.
    const own = links.filter(([, , at]) => from <= at && at < to)
    const pairs = new Map(
      own.map(([previous, known]) => [`${previous} ${known}`, [previous, known] as const]),
    )
    const key = [...pairs.keys()].join(',')
    const found =
      byLinks.get(key) ??
      resolveLinks([...pairs.values()].map(([previous, known]): Link => [BigInt(previous), BigInt(known)]))
    byLinks.set(key, found)
    return found
  }
  const persons = windows.map(personsIn)
  const nameOf = (of: ReadonlyMap<bigint, bigint>) =>
    [...of]
      .filter(([user, person]) => user !== person)
      .map((each) => each.join('>'))
      .toSorted()
      .join(' ')
  const agreeing = Map.groupBy(windows.keys(), (w) => nameOf(persons[w]!))
  return [...agreeing.values()].map((own) => {
    const found = new Map([...persons[own[0]!]!].map(([user, person]) => [Number(user), Number(person)]))
    return { scope: numberOf(own), personOf: (user) => found.get(user) ?? user }
  })
}

/** Of each user, a number that all have who are linked, whoever counts as whom. */
function components(users: number, links: readonly NumberedLink[]): (user: number) => number {
  const parents = Int32Array.from({ length: users }, (_, user) => user)
  const rootOf = (user: number) => {
    let root = user
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!
      root = parents[root]!
    }
    return root
  }
  for (const [previous, known] of links) parents[rootOf(previous)] = rootOf(known)
  return rootOf
}
