// Damages valid bodies, from a seed: replaces, removes, renames or repeats a part, or cuts and corrupts the
// text.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** mulberry32 by Tommy Ettinger: uniform in [0, 1), and the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const rubbish: Json[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  '0',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\ud800',
  '%00%ff',
  '../../etc',
  '1.2.3',
  `x${'\u{1F600}'.repeat(600)}`, // cutting at an even length leaves half a pair
  'x'.repeat(2_000),
  [],
  {},
  [[[[[]]]]],
  [null, null],
  { '': '' },
  { a: { b: { c: [1, { d: null }] } } },
  Array.from({ length: 200 }, (_, i) => i),
]
const names = ['__proto__', 'constructor', 'hasOwnProperty', '', 'ID', 'user ', 'x'.repeat(300)]
const scraps = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u',
  '\\ud83d',
  '1e999',
  '-',
  'null',
  '\u0000',
  ' ',
  'é',
]

export function mutation(body: object, random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const copy = JSON.parse(JSON.stringify(body)) as Json
  const times = 1 + Math.floor(random() * 3)
  for (let i = 0; i < times; i++) damage(copy, random, pick)
  const text = JSON.stringify(random() < 0.03 ? pick(rubbish) : copy)
  if (random() >= 0.25) return text.replaceAll('1e+308', () => pick(['1e308', '1e999']))
  const at = Math.floor(random() * text.length)
  const cut = Math.floor(random() * 4)
  return text.slice(0, at) + pick(scraps) + text.slice(at + cut)
}

type Holder = Record<string, Json>

/** Every location in a document: its container and its key. */
function placesOf(json: Json): { holder: Json & object; key: string }[] {
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([key, below]) => [{ holder: json, key }, ...placesOf(below)])
}

/** One location, all equally likely. */
function damage(json: Json, random: () => number, pick: <T>(from: readonly T[]) => T): void {
  const environments = placesOf(json)
  if (environments.length === 0) return
  const { holder, key } = pick(environments)
  const below = structuredClone((holder as Holder)[key]!)
  switch (Math.floor(random() * 6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete holder[key]
      return
    case 1:
      if (Array.isArray(holder)) holder.push(below, structuredClone(below))
      else define(holder, pick(names), below)
      return
    default:
      define(holder as Holder, key, structuredClone(pick(rubbish)))
  }
}

/** Defined explicitly, because assigning to `__proto__` defines nothing. */
function define(holder: Holder, key: string, value: Json): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}
