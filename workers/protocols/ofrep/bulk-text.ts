// Builds the text and the ETag of bulk responses from texts that are cached per revision, because serializing
// all flags for every request would cost several times as much. An example with a token for the second flag:
//
//   flag texts    {"key":"a","value":1,"metadata":{"version":"3"}}
//                 {"key":"b","value":2,"metadata":{"version":"7"}}
//   withMetadata  {"key":"b","value":2,"metadata":{"version":"7","exposureToken":"t"}}
//   tail          ,"metadata":{"flagSetId":"shop"}
//   bulkText      {"flags":[{"key":"a",…},{"key":"b",…}],"metadata":{"flagSetId":"shop"}}
import { murmur3x64Words } from '../../../core/hash/murmur3-x64-128.ts'

/** JSON of one flag, or of several with commas between them. */
export interface FlagText {
  readonly text: string
}

export interface HashedText extends FlagText {
  /** The first 64 bits of the text's MurmurHash3. */
  readonly hash: readonly [high: number, low: number]
}

export const hashedText = (text: string): HashedText => ({ text, hash: murmur3x64Words(text) })

/**
 * Adds members, as JSON, to the metadata of one flag. `metadata` must be the last member of the flag's text.
 */
export const withMetadata = (text: string, members: string): string =>
  `${text.slice(0, -endOfMetadata.length)},${members}${endOfMetadata}`

const endOfMetadata = '}}'

/** `tail` is what follows the flags: further members, as JSON with a leading comma, or an empty text. */
export function bulkText(flags: readonly FlagText[], tail: string): string {
  if (flags.length === 0) return `{"flags":[]${tail}}`
  const texts: string[] = new Array(flags.length)
  for (let i = 0; i < flags.length; i++) texts[i] = flags[i]!.text
  // Added to the first and last text, so that `join` builds the whole text and nothing copies it again.
  texts[0] = `{"flags":[${texts[0]}`
  texts[texts.length - 1] += `]${tail}}`
  return texts.join(',')
}

/** The 32-bit primes and shifts of xxHash (xxHash specification, "XXH32 algorithm description"). */
const prime1 = 0x9e3779b1
const prime2 = 0x85ebca77
const shift1 = 15
const shift2 = 13

/**
 * A tag for the whole response. The revision alone is not enough, because the web provider sends the old tag
 * along with a new context. It mixes the hashes of the texts, at two multiplications each. All steps are
 * one-to-one, so if exactly one of the hashes differs, so does the tag. Different texts with equal hashes go
 * unnoticed.
 */
export function tagOf(flags: readonly HashedText[], tail: string): string {
  let [a, b] = murmur3x64Words(tail)
  for (let i = 0; i < flags.length; i++) {
    const { hash } = flags[i]!
    a = Math.imul(a ^ hash[0], prime1)
    b = Math.imul(b ^ hash[1], prime2)
    a ^= a >>> shift1
    b ^= b >>> shift2
  }
  return hex(a) + hex(b)
}

const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
