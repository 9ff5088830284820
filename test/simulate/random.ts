// Seeded random numbers, so that every machine simulates the same worlds.
import { quantileOfNormal } from '../../core/statistics/normal.ts'

export interface Random {
  /** In (0, 1). */
  uniform(): number
  normal(): number
  /** How many of n succeed at rate p. */
  binomial(n: number, p: number): number
  poisson(mean: number): number
}

/** Mulberry32: one 32-bit state, a period of 2^32, and equal on every machine. */
export function randomFrom(seed: number): Random {
  let state = seed | 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
  let spare: number | undefined
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
  /** By inversion from 0 up: exact, in time that grows with the mean. */
  const poisson = (mean: number): number => {
    if (mean > 30) return split(mean)
    let left = uniform()
    let mass = Math.exp(-mean)
    let k = 0
    while (left > mass && k < 1_000) {
      left -= mass
      k++
      mass *= mean / k
    }
    return k
  }
  /** A Poisson variable is the sum of smaller ones, so a large mean needs no approximation. */
  const split = (mean: number): number => {
    let total = 0
    for (let left = mean; left > 0; left -= 30) total += poisson(Math.min(30, left))
    return total
  }
  const smallBinomial = (n: number, p: number): number => {
    let left = uniform()
    let mass = (1 - p) ** n
    let k = 0
    while (left > mass && k < n) {
      left -= mass
      mass *= ((n - k) / (k + 1)) * (p / (1 - p))
      k++
    }
    return k
  }
  const binomial = (n: number, p: number): number => {
    if (p > 0.5) return n - binomial(n, 1 - p)
    if (n <= 0 || p <= 0) return 0
    // In pieces of at most 20 expected successes, by inversion: exact at any size.
    const piece = Math.max(1, Math.floor(20 / p))
    let total = 0
    for (let left = n; left > 0; left -= piece) total += smallBinomial(Math.min(piece, left), p)
    return total
  }
  return { uniform, normal, binomial, poisson }
}

/** The standard error of a simulated share. */
export const shareError = (share: number, of: number): number =>
  Math.sqrt(Math.max(share * (1 - share), 1 / of) / of)

/** The mean, in standard errors, at which the fixed z-test has this power. */
export const meanForPower = (power: number): number => quantileOfNormal(0.975) + quantileOfNormal(power)
