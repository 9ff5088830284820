// A growing set of targeting keys, by their 64-bit hashes alone: a million of them in 16 MB, where a Set of texts would take a hundred.
// Its encoding is that of members.ts.
import { murmur3x64Words } from '../hash/murmur3-x64-128.ts'

export interface MemberSet {
  /** False where it was there already. */
  readonly add: (targetingKey: string) => boolean
  readonly has: (targetingKey: string) => boolean
  readonly size: () => number
  /** Big-endian hashes in ascending order, each once. */
  readonly encode: () => Uint8Array<ArrayBuffer>
}

const smallest = 1_024

/** Open addressing: a hash lies at the first free place from where its low bits point to. At most half of the places are taken. */
export function memberSet(): MemberSet {
  let places = new Uint32Array(2 * smallest)
  let count = 0
  let hasZero = false // two zero words mark a free place

  /** Where the hash is, or would be. */
  function placeOf(table: Uint32Array, high: number, low: number): number {
    const last = table.length / 2 - 1
    let at = low & last
    while (
      (table[2 * at] !== high || table[2 * at + 1] !== low) &&
      (table[2 * at]! | table[2 * at + 1]!) !== 0
    )
      at = (at + 1) & last
    return 2 * at
  }

  function grow(): void {
    const wider = new Uint32Array(2 * places.length)
    for (let i = 0; i < places.length; i += 2) {
      const [high, low] = [places[i]!, places[i + 1]!]
      if ((high | low) === 0) continue
      const at = placeOf(wider, high, low)
      wider[at] = high
      wider[at + 1] = low
    }
    places = wider
  }

  return {
    add(targetingKey) {
      const [high, low] = murmur3x64Words(targetingKey)
      if ((high | low) === 0) {
        const isNew = !hasZero
        hasZero = true
        return isNew
      }
      const at = placeOf(places, high, low)
      if ((places[at]! | places[at + 1]!) !== 0) return false
      places[at] = high
      places[at + 1] = low
      if (4 * ++count > places.length) grow()
      return true
    },

    has(targetingKey) {
      const [high, low] = murmur3x64Words(targetingKey)
      if ((high | low) === 0) return hasZero
      const at = placeOf(places, high, low)
      return (places[at]! | places[at + 1]!) !== 0
    },

    size: () => count + Number(hasZero),

    encode() {
      const sorted = new BigUint64Array(count + Number(hasZero))
      let next = Number(hasZero)
      for (let i = 0; i < places.length; i += 2) {
        if ((places[i]! | places[i + 1]!) === 0) continue
        sorted[next++] = (BigInt(places[i]!) << 32n) | BigInt(places[i + 1]!)
      }
      sorted.sort()
      const view = new DataView(sorted.buffer)
      sorted.forEach((hash, i) => view.setBigUint64(8 * i, hash)) // in place: the platform's order of bytes becomes the format's
      return new Uint8Array(sorted.buffer)
    },
  }
}
