// Estimates how many different users there were, in 2 kB however many: a HyperLogLog. Sketches of parts merge
// into the sketch of the whole, and adding a user twice changes nothing.
import HyperLogLog from 'streamcount/lib/hyperLogLog.js'
import { murmur3x64Hex } from '../../core/hash/murmur3-x64-128.ts'

const registers = 2_048
/**
 * The standard error of an estimate, as a share of it: 1.04 / sqrt(2,048). Two of three estimates are
 * closer to the truth, and 95 of 100 closer than twice this.
 */
export const usersError = 0.023
/** Form of an encoded sketch, its first byte. Stored, so a number never changes its meaning. */
const sparse = 1
const dense = 2

export class UserSketch {
  readonly #hll = new HyperLogLog(1.04 / Math.sqrt(registers))

  /** Throws if the bytes are of another form. */
  static decode(bytes: Uint8Array): UserSketch {
    const sketch = new UserSketch()
    const { M } = sketch.#hll
    if (bytes[0] === sparse && bytes.length % 3 === 1)
      for (let i = 1; i < bytes.length; i += 3) M[bytes[i]! * 256 + bytes[i + 1]!] = bytes[i + 2]!
    else if (bytes[0] === dense && bytes.length === registers + 1)
      for (let i = 0; i < registers; i++) M[i] = bytes[i + 1]!
    else throw new Error('not an encoded sketch')
    if (M.length !== registers) throw new Error('not an encoded sketch')
    return sketch
  }

  /** The package hashes with FNV-1a, whose upper bits say little about short texts: it gets a better hash. */
  add(targetingKey: string): void {
    this.#hll.add(murmur3x64Hex(targetingKey))
  }

  merge(other: UserSketch): void {
    this.#hll.merge(other.#hll)
  }

  users(): number {
    return Math.round(this.#hll.count())
  }

  /** Equal sketches have equal bytes. */
  encode(): Uint8Array {
    const { M } = this.#hll
    const used = M.flatMap((rank, i) => (rank > 0 ? [i >> 8, i & 255, rank] : []))
    return used.length < registers ? Uint8Array.of(sparse, ...used) : Uint8Array.of(dense, ...M)
  }
}
