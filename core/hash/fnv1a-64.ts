// FNV-1a 64 over UTF-8, for Bucketeer's two opaque ids. The constants are from draft-eastlake-fnv.
import { appendUtf8 } from './utf8.ts'

/** Unsigned 64-bit hash of `text` as a decimal string. */
export function fnv1a64(text: string): string {
  // Computes h * 0x100000001b3 in four 16-bit limbs, lowest first. A BigInt per byte would be far slower.
  let a = 0x2325
  let b = 0x8422
  let c = 0x9ce4
  let d = 0xcbf2
  for (const byte of appendUtf8([], text)) {
    a ^= byte
    const pa = a * 0x1b3
    const pb = b * 0x1b3 + (pa >>> 16)
    const pc = c * 0x1b3 + (a << 8) + (pb >>> 16)
    const pd = d * 0x1b3 + (b << 8) + Math.floor(pc / 0x10000)
    a = pa & 0xffff
    b = pb & 0xffff
    c = pc & 0xffff
    d = pd & 0xffff
  }
  return ((BigInt(d) << 48n) | (BigInt(c) << 32n) | (BigInt(b) << 16n) | BigInt(a)).toString()
}
