// A mutable set of targeting keys that stores only their 64-bit hashes: a million keys take 16 MB, where a
// Set of strings would take about 100 MB. Encodes itself in the format of members.ts.
import { murmur3x64Words } from '../hash/murmur3-x64-128.ts'

export interface MemberSet {
  /** False if the key was already in the set. */
  readonly add: (targetingKey: string) => boolean
  readonly has: (targetingKey: string) => boolean
  readonly size: () => number
  /** The distinct hashes, big-endian, in ascending order. */
  readonly encode: () => Uint8Array<ArrayBuffer>
}

const initialCapacity = 1_024

/**
 * Open addressing: a hash is at the first free entry from the one that its low bits select. At most half of
 * the entries are used.
 */
export function memberSet(): MemberSet {
  let table = new Uint32Array(2 * initialCapacity)
  let count = 0
  let hasZero = false // in the table, two zero words mark a free entry

  /** The offset in words at which the hash is, or would be inserted. */
  function offsetOf(words: Uint32Array, high: number, low: number): number {
    const last = words.length / 2 - 1
    let at = low & last
    while (
      (words[2 * at] !== high || words[2 * at + 1] !== low) &&
      (words[2 * at]! | words[2 * at + 1]!) !== 0
    )
      at = (at + 1) & last
    return 2 * at
  }

  function grow(): void {
    const wider = new Uint32Array(2 * table.length)
    for (let i = 0; i < table.length; i += 2) {
      const [high, low] = [table[i]!, table[i + 1]!]
      if ((high | low) === 0) continue
      const at = offsetOf(wider, high, low)
      wider[at] = high
      wider[at + 1] = low
    }
    table = wider
  }

  return {
    add(targetingKey) {
      const [high, low] = murmur3x64Words(targetingKey)
      if ((high | low) === 0) {
        const isNew = !hasZero
        hasZero = true
        return isNew
      }
      const at = offsetOf(table, high, low)
      if ((table[at]! | table[at + 1]!) !== 0) return false
      table[at] = high
      table[at + 1] = low
      if (4 * ++count > table.length) grow()
      return true
    },

    has(targetingKey) {
      const [high, low] = murmur3x64Words(targetingKey)
      if ((high | low) === 0) return hasZero
      const at = offsetOf(table, high, low)
      return (table[at]! | table[at + 1]!) !== 0
    },

    size: () => count + Number(hasZero),

    encode() {
      const sorted = new BigUint64Array(count + Number(hasZero))
      let next = Number(hasZero)
      for (let i = 0; i < table.length; i += 2) {
        if ((table[i]! | table[i + 1]!) === 0) continue
        sorted[next++] = (BigInt(table[i]!) << 32n) | BigInt(table[i + 1]!)
      }
      sorted.sort()
      const view = new DataView(sorted.buffer)
      // Converts in place from the platform's byte order to big-endian.
      sorted.forEach((hash, i) => view.setBigUint64(8 * i, hash))
      return new Uint8Array(sorted.buffer)
    },
  }
}
