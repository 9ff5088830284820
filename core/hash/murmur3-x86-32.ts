// MurmurHash3 x86-32, seed 0, over UTF-8: the hash of AB Tasty's bucketing (flagship reference: percent allocation).
// Austin Appleby's MurmurHash3.cpp (public domain). Proved equal to `murmurhash-js` on ASCII, where that package is exact.
import { appendUtf8, isAscii } from './utf8.ts'

const c1 = 0xcc9e2d51
const c2 = 0x1b873593

/** Unsigned 32-bit hash of `text`. */
export function murmur3x86(text: string): number {
  return isAscii(text) ? ascii(text) : bytes(appendUtf8([], text))
}

function ascii(text: string): number {
  const length = text.length
  const end = length & ~3
  let h = 0
  let i = 0
  for (; i < end; i += 4) {
    const block =
      text.charCodeAt(i) |
      (text.charCodeAt(i + 1) << 8) |
      (text.charCodeAt(i + 2) << 16) |
      (text.charCodeAt(i + 3) << 24)
    h = round(h, block)
  }
  let tail = 0
  for (let j = length - 1; j >= i; j--) tail = (tail << 8) | text.charCodeAt(j)
  h ^= scramble(tail) // of 0 it is 0: no tail changes nothing
  return finish(h ^ length)
}

function bytes(input: readonly number[]): number {
  const length = input.length
  const end = length & ~3
  const at = (i: number) => input[i] ?? 0
  let h = 0
  for (let i = 0; i < end; i += 4) {
    h = round(h, at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24))
  }
  // Past the end reads 0, and scramble(0) is 0: one expression serves every tail length.
  if (end < length) h ^= scramble(at(end) | (at(end + 1) << 8) | (at(end + 2) << 16))
  return finish(h ^ length)
}

function round(h: number, block: number): number {
  const mixed = h ^ scramble(block)
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
  return (h ^ (h >>> 16)) >>> 0
}
