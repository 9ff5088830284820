// MurmurHash3 x64-128, seed 0, over UTF-8: the hash of Bucketeer's rollouts (fine allocation). 64-bit words are pairs of 32-bit halves in
// local variables: BigInt arithmetic is some fifty times slower, and this runs once per flag and decision.
import { appendUtf8 } from './utf8.ts'

/** Bytes of one input, and the same as little-endian words; grown when an input is longer. Hashing is synchronous, so one serves all. */
let bytes = new Uint8Array(1_024)
let words = new Int32Array(bytes.buffer)

// The hash of the last input, in 32-bit halves.
let h1high = 0
let h1low = 0
let h2high = 0
let h2low = 0

/** The hash of three texts in a row as a fraction of 2^128 in [0, 1], in doubles, exactly as Bucketeer's server computes it. */
export function murmur3x64Fraction(before: string, text: string, after: string): number {
  hash(before, text, after)
  const h1 = (h1high >>> 0) * 0x1_0000_0000 + (h1low >>> 0)
  const h2 = (h2high >>> 0) * 0x1_0000_0000 + (h2low >>> 0)
  return (h1 * 2 ** 64 + h2) / 2 ** 128
}

/** The first 64 bits, as two unsigned halves, high first. */
export function murmur3x64Words(text: string): readonly [high: number, low: number] {
  hash('', text, '')
  return [h1high >>> 0, h1low >>> 0]
}

/** The 128-bit hash as 32 hexadecimal digits, high word first. */
export function murmur3x64Hex(text: string): string {
  hash('', text, '')
  return [h1high, h1low, h2high, h2low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}

function hash(before: string, text: string, after: string): void {
  mix(fill(before, text, after))
}

/** Writes the input's bytes, zeros up to the next whole block after them; their number. */
function fill(before: string, text: string, after: string): number {
  const units = before.length + text.length + after.length
  if (units * 3 + 16 > bytes.length) {
    bytes = new Uint8Array((units * 3 + 31) & ~15)
    words = new Int32Array(bytes.buffer)
  }
  let at = 0
  let seen = 0
  for (let i = 0; i < before.length; i++) seen |= bytes[at++] = before.charCodeAt(i)
  for (let i = 0; i < text.length; i++) seen |= bytes[at++] = text.charCodeAt(i)
  for (let i = 0; i < after.length; i++) seen |= bytes[at++] = after.charCodeAt(i)
  if (seen > 0x7f) {
    at = 0
    for (const byte of appendUtf8([], before + text + after)) bytes[at++] = byte
  }
  // Past the end are zeros, and mixing a zero word changes nothing: one path serves every tail length.
  for (let i = at; i < ((at + 16) & ~15); i++) bytes[i] = 0
  return at
}

// c1 and c2 of MurmurHash3_x64_128, in halves.
const c1h = 0x87c37b91 | 0
const c1l = 0x114253d5
const c2h = 0x4cf5ad43
const c2l = 0x2745937f

function mix(length: number): void {
  let ah = 0 // h1
  let al = 0
  let bh = 0 // h2
  let bl = 0
  const blocks = length >>> 4
  for (let block = 0; ; block++) {
    const at = block << 2
    // k1 = rotl(k1 * c1, 31) * c2
    let l = words[at]!
    let h = (multiplyHigh(l, c1l) + Math.imul(words[at + 1]!, c1l) + Math.imul(l, c1h)) | 0
    l = Math.imul(l, c1l)
    let rh = (h << 31) | (l >>> 1)
    let rl = (l << 31) | (h >>> 1)
    ah ^= (multiplyHigh(rl, c2l) + Math.imul(rh, c2l) + Math.imul(rl, c2h)) | 0
    al ^= Math.imul(rl, c2l)
    // k2 = rotl(k2 * c2, 33) * c1
    l = words[at + 2]!
    h = (multiplyHigh(l, c2l) + Math.imul(words[at + 3]!, c2l) + Math.imul(l, c2h)) | 0
    l = Math.imul(l, c2l)
    rh = (l << 1) | (h >>> 31)
    rl = (h << 1) | (l >>> 31)
    const kh = (multiplyHigh(rl, c1l) + Math.imul(rh, c1l) + Math.imul(rl, c1h)) | 0
    const kl = Math.imul(rl, c1l)
    if (block === blocks) {
      // The tail, possibly empty, is mixed in and not stirred.
      bh ^= kh
      bl ^= kl
      break
    }
    // h1 = (rotl(h1, 27) + h2) * 5 + 0x52dce729
    rh = (ah << 27) | (al >>> 5)
    rl = (al << 27) | (ah >>> 5)
    l = (rl + bl) | 0
    h = (rh + bh + carry(rl, l)) | 0
    ah = (h * 5 + multiplyHigh(l, 5)) | 0
    rl = Math.imul(l, 5)
    al = (rl + 0x52dce729) | 0
    ah = (ah + carry(rl, al)) | 0
    // h2 = (rotl(h2 ^ k2, 31) + h1) * 5 + 0x38495ab5
    bh ^= kh
    bl ^= kl
    rh = (bh << 31) | (bl >>> 1)
    rl = (bl << 31) | (bh >>> 1)
    l = (rl + al) | 0
    h = (rh + ah + carry(rl, l)) | 0
    bh = (h * 5 + multiplyHigh(l, 5)) | 0
    rl = Math.imul(l, 5)
    bl = (rl + 0x38495ab5) | 0
    bh = (bh + carry(rl, bl)) | 0
  }
  al ^= length
  bl ^= length
  // h1 += h2; h2 += h1; both are finished; h1 += h2; h2 += h1
  let sum = (al + bl) | 0
  ah = (ah + bh + carry(al, sum)) | 0
  al = sum
  sum = (bl + al) | 0
  bh = (bh + ah + carry(bl, sum)) | 0
  bl = sum
  finish(ah, al)
  ah = h1high
  al = h1low
  finish(bh, bl)
  bh = h1high
  bl = h1low
  sum = (al + bl) | 0
  h1high = (ah + bh + carry(al, sum)) | 0
  h1low = sum
  sum = (bl + h1low) | 0
  h2high = (bh + h1high + carry(bl, sum)) | 0
  h2low = sum
}

/** fmix64, into h1high and h1low. */
function finish(high: number, low: number): void {
  let l = low ^ (high >>> 1) // k ^= k >>> 33
  let h = (multiplyHigh(l, 0xed558ccd | 0) + Math.imul(high, 0xed558ccd) + Math.imul(l, 0xff51afd7)) | 0
  l = Math.imul(l, 0xed558ccd)
  l ^= h >>> 1
  h = (multiplyHigh(l, 0x1a85ec53) + Math.imul(h, 0x1a85ec53) + Math.imul(l, 0xc4ceb9fe)) | 0
  l = Math.imul(l, 0x1a85ec53)
  h1high = h
  h1low = l ^ (h >>> 1)
}

/** The upper 32 bits of an unsigned 32-bit product, by 16-bit limbs; all sums stay below 2^32. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0
  const other = (Math.imul(a0, b1) + (middle & 0xffff)) | 0
  return (Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16)) | 0
}

/** Of an unsigned sum: 1 where it is less than what went in. */
const carry = (addend: number, sum: number) => (sum >>> 0 < addend >>> 0 ? 1 : 0)
