// The users of all workloads, made from a seed so that every process gets the same ones.

export interface User {
  readonly id: string
  readonly country: string
  readonly age: number
  readonly appVersion: string
}

export type Random = () => number

export const domestic = codes('AT BE CH CZ DE DK ES FI FR GB GR HU IE IT NL NO PL PT RO SE')
export const foreign = codes('AR AU BR CA CL CN CO EG ID IN JP KE KR MX MY NG NZ PE TH US')

export const usersCount = 1_000

/**
 * The users of the timed rounds: from listed countries, of age, with a version of at least 2.0.0 and below
 * 10.0.0.
 */
export function users(seed = 1): User[] {
  const random = mulberry32(seed)
  return Array.from({ length: usersCount }, () => ({
    id: uuid(random),
    country: pick(random, domestic),
    age: 18 + below(random, 70),
    appVersion: [2 + below(random, 8), below(random, 30), below(random, 100)].join('.'),
  }))
}

/**
 * One user for each path through the rules, at and next to their limits. The timed rounds have none of them.
 */
export function probes(): User[] {
  const random = mulberry32(2)
  const someone = (country: string, age: number, appVersion: string): User => ({
    id: uuid(random),
    country,
    age,
    appVersion,
  })
  return [
    someone('JP', 18, '2.0.0'),
    someone('US', 17, '3.1.4'),
    someone('FR', 91, '5.10.0'),
    someone('DE', 90, '9.99.99'),
    someone('SE', 40, '10.0.0'),
    someone('AT', 40, '12.1.0'),
    someone('IT', 40, '1.99.99'),
    someone('PL', 40, '2.0.0'),
    someone('NL', 17, '2.0.0'),
    someone('XX', 40, '2.0.0'),
    someone('JP', 40, '1.0.0'),
  ]
}

/** The same users as new objects, as requests would bring them: the engine has not hashed their ids yet. */
export const anew = (people: readonly User[]): User[] => asParsed([...people])

/**
 * Strings as JSON.parse makes them: flat, and short ones interned. Concatenated and sliced strings cost more
 * to read.
 */
export const asParsed = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** The form of a UUID: 36 characters. */
export function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => below(random, 16).toString(16)).join('')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return parts.join('-')
}

export const below = (random: Random, limit: number) => Math.floor(random() * limit)

export const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)]!

export function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const drawn = from.map((value) => ({ value, at: random() }))
  return drawn.sort((a, b) => a.at - b.at).map(({ value }) => value)
}

/** A small seeded generator (Tommy Ettinger's mulberry32). */
export function mulberry32(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function codes(text: string): readonly string[] {
  return text.split(' ')
}
