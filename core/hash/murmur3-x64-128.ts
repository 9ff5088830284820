// MurmurHash3 x64-128, seed 0, over UTF-8: the hash of Bucketeer's rollouts (fine allocation). 64-bit words as pairs of 32-bit
// halves in one scratch array: BigInt arithmetic is some fifty times slower, and this runs once per flag and decision.
import { appendUtf8 } from './utf8.ts'

// Halves of the state; module scratch is safe, since hashing is synchronous.
let h1hi = 0
let h1lo = 0
let h2hi = 0
let h2lo = 0
// The two halves of the last 64-bit product or rotation.
let hi = 0
let lo = 0

/** The hash as a fraction of 2^128 in [0, 1], in doubles, exactly as Bucketeer's server computes it (bucketeer reference 4.4). */
export function murmur3x64Fraction(text: string): number {
  hash(appendUtf8([], text))
  const h1 = (h1hi >>> 0) * 0x1_0000_0000 + (h1lo >>> 0)
  const h2 = (h2hi >>> 0) * 0x1_0000_0000 + (h2lo >>> 0)
  return (h1 * 2 ** 64 + h2) / 2 ** 128
}

/** The 128-bit hash as 32 hexadecimal digits, high word first. */
export function murmur3x64Hex(text: string): string {
  hash(appendUtf8([], text))
  return [h1hi, h1lo, h2hi, h2lo].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}

function hash(bytes: readonly number[]): void {
  const length = bytes.length
  const blocks = length >>> 4
  h1hi = h1lo = h2hi = h2lo = 0
  for (let i = 0; i < blocks; i++) {
    const at = i << 4
    mixK1(word(bytes, at + 4), word(bytes, at))
    rotate(h1hi, h1lo, 27)
    add(hi, lo, h2hi, h2lo)
    times5plus(0x52dce729)
    h1hi = hi
    h1lo = lo
    mixK2(word(bytes, at + 12), word(bytes, at + 8))
    rotate(h2hi, h2lo, 31)
    add(hi, lo, h1hi, h1lo)
    times5plus(0x38495ab5)
    h2hi = hi
    h2lo = lo
  }
  // Past the end reads 0, and mixing a zero word changes nothing: one path serves every tail length.
  const tail = blocks << 4
  mixK2(word(bytes, tail + 12), word(bytes, tail + 8))
  mixK1(word(bytes, tail + 4), word(bytes, tail))
  h1lo ^= length
  h2lo ^= length
  sumIntoFirst()
  sumIntoSecond()
  finalise(h1hi, h1lo)
  h1hi = hi
  h1lo = lo
  finalise(h2hi, h2lo)
  h2hi = hi
  h2lo = lo
  sumIntoFirst()
  sumIntoSecond()
}

/** Little-endian 32-bit word. */
function word(bytes: readonly number[], at: number): number {
  const end = bytes.length
  if (at + 3 < end) {
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  }
  let value = 0
  for (let i = 0; at + i < end && i < 4; i++) value |= bytes[at + i]! << (i << 3)
  return value
}

function mixK1(khi: number, klo: number): void {
  multiply(khi, klo, 0x87c37b91, 0x114253d5)
  rotate(hi, lo, 31)
  multiply(hi, lo, 0x4cf5ad43, 0x2745937f)
  h1hi ^= hi
  h1lo ^= lo
}

function mixK2(khi: number, klo: number): void {
  multiply(khi, klo, 0x4cf5ad43, 0x2745937f)
  rotate(hi, lo, 33)
  multiply(hi, lo, 0x87c37b91, 0x114253d5)
  h2hi ^= hi
  h2lo ^= lo
}

function sumIntoFirst(): void {
  add(h1hi, h1lo, h2hi, h2lo)
  h1hi = hi
  h1lo = lo
}

function sumIntoSecond(): void {
  add(h2hi, h2lo, h1hi, h1lo)
  h2hi = hi
  h2lo = lo
}

function times5plus(constant: number): void {
  multiply(hi, lo, 0, 5)
  add(hi, lo, 0, constant)
}

function finalise(khi: number, klo: number): void {
  multiply(khi, klo ^ (khi >>> 1), 0xff51afd7, 0xed558ccd) // k ^= k >>> 33
  multiply(hi, lo ^ (hi >>> 1), 0xc4ceb9fe, 0x1a85ec53)
  lo ^= hi >>> 1
}

/** 0 < by < 64, by other than 32. */
function rotate(ahi: number, alo: number, by: number): void {
  if (by < 32) {
    hi = (ahi << by) | (alo >>> (32 - by))
    lo = (alo << by) | (ahi >>> (32 - by))
  } else {
    hi = (alo << (by - 32)) | (ahi >>> (64 - by))
    lo = (ahi << (by - 32)) | (alo >>> (64 - by))
  }
}

function add(ahi: number, alo: number, bhi: number, blo: number): void {
  const sum = (alo >>> 0) + (blo >>> 0)
  lo = sum | 0
  hi = (ahi + bhi + (sum > 0xffff_ffff ? 1 : 0)) | 0
}

/** The low 64 bits of a product, by 16-bit limbs of the low words. */
function multiply(ahi: number, alo: number, bhi: number, blo: number): void {
  const a0 = alo & 0xffff
  const a1 = alo >>> 16
  const b0 = blo & 0xffff
  const b1 = blo >>> 16
  const low = a0 * b0
  const middle = a1 * b0 + (low >>> 16) // < 2^32: exact
  const other = a0 * b1 + (middle & 0xffff)
  const carry = a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)
  lo = ((other & 0xffff) << 16) | (low & 0xffff)
  hi = (carry + Math.imul(ahi, blo) + Math.imul(alo, bhi)) | 0
}
