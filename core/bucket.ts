// From a targeting key to a share of a rollout.
import { murmur3x64Fraction } from './hash/murmur3-x64-128.ts'
import { murmur3x86 } from './hash/murmur3-x86-32.ts'
import type { Allocation, Flag } from './flag.ts'
import { weightTotal } from './limits.ts'

/** The text that is hashed: ours to explain, the vendors' SDKs to agree with. */
export function hashInput(
  flag: Pick<Flag, 'key' | 'seed' | 'allocation'>,
  ruleId: string,
  targetingKey: string,
): string {
  return flag.allocation === 'percent' ? ruleId + targetingKey : `${flag.key}-${targetingKey}-${flag.seed}`
}

/** The place of `input` in a rollout, in weight units: [0, 100000). Percent allocation knows whole percents only. */
export function bucketOf(allocation: Allocation, input: string): number {
  if (allocation === 'percent') return (murmur3x86(input) % 100) * (weightTotal / 100)
  return murmur3x64Fraction(input) * weightTotal
}

/** Whether `input` is in an audience of `percentage` percent. Its hash is the rollout's, salted with `traffic-` (Bucketeer's). */
export function isInAudience(allocation: Allocation, input: string, percentage: number): boolean {
  if (percentage <= 0 || percentage >= 100) return true // Bucketeer: 0 and 100 mean no filter
  return bucketOf(allocation, `traffic-${input}`) < percentage * (weightTotal / 100)
}

/**
 * Index of the first share whose cumulative weight lies above `bucket`, or -1 for the untracked remainder. Weights that sum to
 * 100,000 leave no remainder: the last share closes the interval, also for a fraction that rounds to 1.
 */
export function shareOf(weights: readonly number[], bucket: number): number {
  let cumulative = 0
  for (let i = 0; i < weights.length; i++) {
    cumulative += weights[i]!
    if (bucket < cumulative) return i
  }
  return cumulative >= weightTotal ? weights.findLastIndex((weight) => weight > 0) : -1
}
