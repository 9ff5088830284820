// Uploaded members of large segments: sorted 64-bit hashes of targeting keys, 8 bytes each, stored apart from
// the snapshot. Two keys share a hash with probability 2^-64: with a million members, one lookup in 18
// million million is a false positive.
import { murmur3x64Words } from '../hash/murmur3-x64-128.ts'

export const membersMax = 1_000_000
/** Of an encoded set, for each member. */
export const memberBytes = 8

/** The high and low halves of the hashes, sorted by the high, then the low half. */
export interface Members {
  readonly high: Uint32Array
  readonly low: Uint32Array
}

/** Returns the distinct hashes, big-endian, in ascending order. */
export function encodeMembers(targetingKeys: Iterable<string>): Uint8Array {
  const hashes: bigint[] = []
  for (const key of targetingKeys) {
    const [high, low] = murmur3x64Words(key)
    hashes.push((BigInt(high) << 32n) | BigInt(low))
  }
  const sorted = BigUint64Array.from(hashes).sort()
  const distinct = sorted.filter((hash, i) => i === 0 || hash !== sorted[i - 1])
  const bytes = new Uint8Array(distinct.length * 8)
  const view = new DataView(bytes.buffer)
  distinct.forEach((hash, i) => view.setBigUint64(i * 8, hash))
  return bytes
}

/** Undefined if the bytes are not such a set: wrong length, not in ascending order, or too many members. */
export function decodeMembers(bytes: Uint8Array): Members | undefined {
  if (bytes.byteLength % 8 !== 0 || bytes.byteLength > membersMax * 8) return undefined
  const count = bytes.byteLength / 8
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const high = new Uint32Array(count)
  const low = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    high[i] = view.getUint32(i * 8)
    low[i] = view.getUint32(i * 8 + 4)
    const isAfter = i === 0 || high[i]! > high[i - 1]! || (high[i] === high[i - 1] && low[i]! > low[i - 1]!)
    if (!isAfter) return undefined
  }
  return { high, low }
}

export function isMember({ high, low }: Members, targetingKey: string): boolean {
  const [wantedHigh, wantedLow] = murmur3x64Words(targetingKey)
  let from = 0
  let to = high.length - 1
  while (from <= to) {
    const middle = (from + to) >>> 1
    const difference = high[middle]! - wantedHigh || low[middle]! - wantedLow
    if (difference === 0) return true
    if (difference < 0) from = middle + 1
    else to = middle - 1
  }
  return false
}
