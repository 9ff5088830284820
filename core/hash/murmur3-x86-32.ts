// MurmurHash3 x86-32, seed 0, over UTF-8: the hash of AB Tasty's bucketing (`percent` allocation). Follows
// Austin Appleby's MurmurHash3.cpp (public domain). Tests compare it with `murmurhash-js` on ASCII, where
// that package is exact.
//
// A rollout hashes a constant prefix (its rule's id) and then a targeting key, so the state after the prefix
// is computed once. A request hashes one targeting key after many prefixes, so the key's blocks are scrambled
// once per request: that does not depend on the state.
import { appendUtf8, isAscii } from './utf8.ts'

const c1 = 0xcc9e2d51
const c2 = 0x1b873593

/** Unsigned 32-bit hash of `text`. */
export const murmur3x86 = (text: string): number => hashAfter(prefixOf(''), text) >>> 0

/** A constant text that is hashed before targeting keys, and the state of the hash after it. */
export interface HashPrefix {
  readonly text: string
  readonly isAscii: boolean
  readonly state: number
  /** How many bytes follow the last whole block of four. */
  readonly pendingCount: number
  /** Those bytes, little-endian. */
  readonly pendingBytes: number
}

export function prefixOf(text: string): HashPrefix {
  const bytes = appendUtf8([], text)
  const end = bytes.length & ~3
  let state = 0
  for (let i = 0; i < end; i += 4) state = round(state, scramble(pack(bytes, i, 4)))
  const pendingCount = bytes.length & 3
  return { text, isAscii: isAscii(text), state, pendingCount, pendingBytes: pack(bytes, end, pendingCount) }
}

/** The hash of the prefix's text and then `key`, mod 100. (V8 would allocate the full hash on the heap.) */
export const percentAfter = (prefix: HashPrefix, key: string): number => (hashAfter(prefix, key) >>> 0) % 100

function hashAfter(prefix: HashPrefix, key: string): number {
  const length = key.length
  const shift = prefix.pendingCount << 3
  let state = prefix.state
  let pendingBytes = prefix.pendingBytes
  let combined = 0
  let i = 0
  for (const end = length & ~3; i < end; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    combined |= a | b | c | d
    const word = a | (b << 8) | (c << 16) | (d << 24)
    state = round(state, scramble(pendingBytes | (word << shift)))
    pendingBytes = shift === 0 ? 0 : word >>> (32 - shift)
  }
  let left = prefix.pendingCount
  for (; i < length; i++) {
    const byte = key.charCodeAt(i)
    combined |= byte
    pendingBytes |= byte << (left << 3)
    if (++left === 4) {
      state = round(state, scramble(pendingBytes))
      pendingBytes = 0
      left = 0
    }
  }
  if (combined > 0x7f || !prefix.isAscii) return ofBytes(appendUtf8([], prefix.text + key))
  return finish(state ^ scramble(pendingBytes) ^ (prefix.text.length + length))
}

/**
 * The scrambled blocks of one targeting key, for each `pendingCount` of a prefix. Computed on first use; the
 * memory is reused for the next key.
 */
export interface KeyBlocks {
  key: string
  /** Whether the key can be hashed by blocks: it is ASCII, at least one block long, and not too long. */
  isBlocks: boolean
  /** For each `pendingCount`: the number of blocks, including the tail; 0 if they are not computed yet. */
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

export function setKey(blocks: KeyBlocks, key: string): void {
  blocks.key = key
  blocks.isBlocks = key.length >= 4 && key.length <= keyLengthMax && isAscii(key)
  blocks.counts.fill(0)
}

/** Like `percentAfter`, for a key that is hashed after many prefixes. */
export function percentOfBlocks(prefix: HashPrefix, blocks: KeyBlocks): number {
  const { key } = blocks
  if (!blocks.isBlocks || !prefix.isAscii) return percentAfter(prefix, key)
  const { pendingCount } = prefix
  const mixed = blocks.mixed[pendingCount]!
  const last = (blocks.counts[pendingCount]! || mixBlocks(blocks, pendingCount)) - 1
  let state = prefix.state
  if (pendingCount !== 0)
    state = round(
      state,
      scramble(prefix.pendingBytes | (packText(key, 0, 4 - pendingCount) << (pendingCount << 3))),
    )
  for (let i = 0; i < last; i++) state = round(state, mixed[i]!)
  return (finish(state ^ mixed[last]! ^ (prefix.text.length + key.length)) >>> 0) % 100
}

/**
 * Scrambles all blocks after the bytes that complete the prefix's last block. The tail, which may be empty,
 * comes last.
 */
function mixBlocks({ key, counts, mixed: all }: KeyBlocks, pendingCount: number): number {
  const mixed = all[pendingCount]!
  const from = (4 - pendingCount) & 3
  const whole = (key.length - from) >> 2
  for (let i = 0; i < whole; i++) mixed[i] = scramble(packText(key, from + (i << 2), 4))
  const tail = from + (whole << 2)
  mixed[whole] = scramble(packText(key, tail, key.length - tail))
  return (counts[pendingCount] = whole + 1)
}

function ofBytes(bytes: readonly number[]): number {
  const end = bytes.length & ~3
  let state = 0
  for (let i = 0; i < end; i += 4) state = round(state, scramble(pack(bytes, i, 4)))
  return finish(state ^ scramble(pack(bytes, end, bytes.length & 3)) ^ bytes.length)
}

/** Little-endian. Without bytes it returns 0, and scramble(0) is 0. */
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
