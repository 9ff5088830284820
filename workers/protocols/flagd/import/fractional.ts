// flagd's `fractional`: variants by weights that are whole numbers, in any sum.
import { isLiteral, type Share } from './condition.ts'
import { weightTotal } from '../../../../core/model/limits.ts'

/** flagd: the sum of the weights is a 32-bit integer. */
const weightSumMax = 2_147_483_647

/**
 * The entries `["variant"]` and `["variant", weight]`, none with an expression. A text is the reason against.
 * Without shares flagd serves the default variant.
 */
export function toShares(entries: readonly unknown[]): readonly Share[] | string {
  const shares: Share[] = []
  for (const entry of entries) {
    if (!Array.isArray(entry)) return 'an entry is a list of a variant and a weight'
    const [name, weight = 1] = entry as unknown[]
    if (entry.length === 0 || entry.length > 2 || !isLiteral(name))
      return 'an entry is a variant and a weight: a computed variant has no counterpart here'
    if (typeof weight !== 'number' || !Number.isInteger(weight))
      return 'a weight is a whole number: a computed weight has no counterpart here'
    shares.push({ name: name === null ? undefined : String(name), weight: Math.max(0, weight) })
  }
  const total = shares.reduce((sum, { weight }) => sum + weight, 0)
  if (total > weightSumMax) return `the weights add up to more than ${weightSumMax}`
  return total === 0 ? [] : shares
}

/**
 * The same shares out of 100,000, by the largest remainder; `isExact` where nothing was rounded. They add up
 * to the whole.
 */
export function toWeights(shares: readonly Share[]): { weights: number[]; isExact: boolean } {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0)
  const exact = shares.map(({ weight }) => (weight * weightTotal) / total)
  const weights = exact.map(Math.floor)
  const byRemainder = exact
    .map((share, i) => ({ i, remainder: share - weights[i]! }))
    .toSorted((a, b) => b.remainder - a.remainder || a.i - b.i)
  const left = weightTotal - weights.reduce((sum, weight) => sum + weight, 0)
  for (const { i } of byRemainder.slice(0, left)) weights[i]!++
  return { weights, isExact: left === 0 }
}
