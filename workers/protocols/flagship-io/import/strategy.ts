// The allocations of a variation group as a strategy.
import type { Strategy } from '../../../../core/model/flag.ts'
import { weightPerPercent, weightTotal } from '../../../../core/model/limits.ts'
import { mergeAdjacent } from '../../../../core/model/rebalance.ts'
import type { Variation, VariationGroup } from './file.ts'

/**
 * Undefined without variations. The SDK hashes to a whole number from 0 to 99 and takes the first variation
 * whose cumulative allocation is above it, so fractions round up. A variation that is listed several times
 * has several ranges.
 */
export function toStrategy(
  { variations }: VariationGroup,
  idOf: (variation: Variation) => string,
): Strategy | undefined {
  let cumulative = 0
  let allotted = 0
  const ranges = variations.map((variation) => {
    cumulative += variation.allocation ?? 0
    const end = Math.min(100, Math.ceil(cumulative))
    const weight = (end - allotted) * weightPerPercent
    allotted = end
    return { variationId: idOf(variation), weight }
  })
  const weights = new Map<string, number>()
  for (const { variationId, weight } of ranges)
    weights.set(variationId, (weights.get(variationId) ?? 0) + weight)
  const shares = [...weights].map(([variationId, weight]) => ({ variationId, weight }))
  const [only] = shares
  if (!only) return undefined
  if (shares.length === 1 && only.weight === weightTotal)
    return { kind: 'fixed', variationId: only.variationId }
  const pieces = mergeAdjacent(ranges)
  const isPlain = JSON.stringify(pieces) === JSON.stringify(mergeAdjacent(shares))
  return { kind: 'rollout', shares, ...(!isPlain && { pieces }) }
}
