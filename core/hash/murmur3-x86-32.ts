// MurmurHash3 x86-32, seed 0, over UTF-8: the hash of AB Tasty's bucketing (percent allocation).
// Austin Appleby's MurmurHash3.cpp (public domain). Proved equal to `murmurhash-js` on ASCII, where that package is exact.
//
// A rollout hashes one constant text (its rule's id) before each targeting key, so the state after the constant is kept; and a request
// hashes one targeting key after many constants, so the key's blocks, mixed as far as they do not depend on the state, are kept too.
import { appendUtf8, isAscii } from './utf8.ts'

const c1 = 0xcc9e2d51
const c2 = 0x1b873593

/** Unsigned 32-bit hash of `text`. */
export const murmur3x86 = (text: string): number => hashAfter(prefixOf(''), text) >>> 0

/** The state of the hash after a constant text. */
export interface Prefix {
  readonly text: string
  readonly isAscii: boolean
  readonly state: number
  /** Bytes past the last whole block of four: how many, and packed, the first lowest. */
  readonly carried: number
  readonly carry: number
}

export function prefixOf(text: string): Prefix {
  const bytes = appendUtf8([], text)
  const end = bytes.length & ~3
  let state = 0
  for (let i = 0; i < end; i += 4) state = round(state, scramble(pack(bytes, i, 4)))
  const carried = bytes.length & 3
  return { text, isAscii: isAscii(text), state, carried, carry: pack(bytes, end, carried) }
}

/** The hash of the prefix's text followed by `key`, mod 100. (As a small number: an unsigned hash would be put on the heap.) */
export const percentAfter = (prefix: Prefix, key: string): number => (hashAfter(prefix, key) >>> 0) % 100

function hashAfter(prefix: Prefix, key: string): number {
  const length = key.length
  const shift = prefix.carried << 3
  let state = prefix.state
  let carry = prefix.carry
  let seen = 0
  let i = 0
  for (const end = length & ~3; i < end; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    const word = a | (b << 8) | (c << 16) | (d << 24)
    state = round(state, scramble(carry | (word << shift)))
    carry = shift === 0 ? 0 : word >>> (32 - shift)
  }
  let left = prefix.carried
  for (; i < length; i++) {
    const byte = key.charCodeAt(i)
    seen |= byte
    carry |= byte << (left << 3)
    if (++left === 4) {
      state = round(state, scramble(carry))
      carry = 0
      left = 0
    }
  }
  if (seen > 0x7f || !prefix.isAscii) return ofBytes(appendUtf8([], prefix.text + key))
  return finish(state ^ scramble(carry) ^ (prefix.text.length + length))
}

/** One targeting key's blocks, per number of bytes that the prefix carries over: mixed when first asked for, and into the same memory for each key. */
export interface KeyBlocks {
  key: string
  /** Whether the key can be mixed in blocks at all: it is ASCII, and neither shorter than one nor unusually long. */
  isBlocks: boolean
  /** Of each number of carried bytes: how many blocks there are, the tail included; 0 where they are not mixed yet. */
  readonly counts: Int32Array
  readonly mixed: readonly Int32Array[]
}

const keyLengthMax = 128

export const makeKeyBlocks = (): KeyBlocks => ({
  key: '',
  isBlocks: false,
  counts: new Int32Array(4),
  mixed: [0, 1, 2, 3].map(() => new Int32Array((keyLengthMax >> 2) + 1)),
})

export function takeKey(blocks: KeyBlocks, key: string): void {
  blocks.key = key
  blocks.isBlocks = key.length >= 4 && key.length <= keyLengthMax && isAscii(key)
  blocks.counts.fill(0)
}

/** As `percentAfter`, for a key that is hashed after many prefixes. */
export function percentOfBlocks(prefix: Prefix, blocks: KeyBlocks): number {
  const { key } = blocks
  if (!blocks.isBlocks || !prefix.isAscii) return percentAfter(prefix, key)
  const { carried } = prefix
  const mixed = blocks.mixed[carried]!
  const last = (blocks.counts[carried]! || mixBlocks(blocks, carried)) - 1
  let state = prefix.state
  if (carried !== 0)
    state = round(state, scramble(prefix.carry | (packText(key, 0, 4 - carried) << (carried << 3))))
  for (let i = 0; i < last; i++) state = round(state, mixed[i]!)
  return (finish(state ^ mixed[last]! ^ (prefix.text.length + key.length)) >>> 0) % 100
}

/** Every block past the bytes that complete the carried ones, scrambled; the tail, possibly empty, comes last. */
function mixBlocks({ key, counts, mixed: all }: KeyBlocks, carried: number): number {
  const mixed = all[carried]!
  const from = (4 - carried) & 3
  const whole = (key.length - from) >> 2
  for (let i = 0; i < whole; i++) mixed[i] = scramble(packText(key, from + (i << 2), 4))
  const tail = from + (whole << 2)
  mixed[whole] = scramble(packText(key, tail, key.length - tail))
  return (counts[carried] = whole + 1)
}

function ofBytes(bytes: readonly number[]): number {
  const end = bytes.length & ~3
  let state = 0
  for (let i = 0; i < end; i += 4) state = round(state, scramble(pack(bytes, i, 4)))
  return finish(state ^ scramble(pack(bytes, end, bytes.length & 3)) ^ bytes.length)
}

/** Little-endian, the first byte lowest; of no bytes it is 0, and scramble(0) is 0. */
function pack(bytes: readonly number[], from: number, count: number): number {
  let packed = 0
  for (let i = count - 1; i >= 0; i--) packed = (packed << 8) | bytes[from + i]!
  return packed
}

function packText(text: string, from: number, count: number): number {
  let packed = 0
  for (let i = count - 1; i >= 0; i--) packed = (packed << 8) | text.charCodeAt(from + i)
  return packed
}

function round(state: number, scrambled: number): number {
  const mixed = state ^ scrambled
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function scramble(block: number): number {
  const k = Math.imul(block, c1)
  return Math.imul((k << 15) | (k >>> 17), c2)
}

function finish(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
