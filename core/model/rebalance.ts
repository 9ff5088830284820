// Arranges a rollout's variations in ranges of buckets. When weights change, it moves as few targeting keys
// as possible: only the weight that one variation loses goes to others.
import type { Strategy } from './flag.ts'
import { piecesMax, weightTotal } from './limits.ts'

/** A range of consecutive buckets. Without variation it is a gap: its users are untracked. */
export interface WeightRange {
  readonly variationId?: string | undefined
  readonly weight: number
}

type Rollout = Extract<Strategy, { kind: 'rollout' }>

/** The ranges in the order of buckets. What remains after the last is untracked. */
export const rangesOf = ({ pieces, shares }: Rollout): readonly WeightRange[] => pieces ?? shares

/** Whether there are untracked buckets before the last range. Some bucketing formats cannot express that. */
export function hasGap(rollout: Rollout): boolean {
  return rangesOf(rollout).some(({ variationId }) => variationId === undefined)
}

/** Ranges that cover all buckets, including the gap at the end. */
export function allRangesOf(strategy: Strategy): readonly WeightRange[] {
  if (strategy.kind === 'fixed') return [{ variationId: strategy.variationId, weight: weightTotal }]
  const ranges = rangesOf(strategy)
  return [...ranges, { weight: weightTotal - sumOf(ranges) }].filter(({ weight }) => weight > 0)
}

const sumOf = (ranges: readonly WeightRange[]) => ranges.reduce((sum, { weight }) => sum + weight, 0)

/**
 * Returns `after` with `pieces` arranged so that the fewest targeting keys change their variation. Pieces
 * that `after` has are ignored: they belong to earlier shares.
 */
export function rebalance(before: Strategy, after: Rollout): Rollout {
  if (before.kind === 'rollout' && hasSameShares(before, after)) {
    const { pieces: _, ...plain } = after
    return before.pieces ? { ...plain, pieces: before.pieces } : { ...plain, shares: before.shares }
  }
  const wanted = new Map(after.shares.map(({ variationId, weight }) => [variationId, weight]))
  const take = (variationId: string | undefined, max: number) => {
    const left = variationId === undefined ? 0 : (wanted.get(variationId) ?? 0)
    const taken = Math.min(left, max)
    if (variationId !== undefined) wanted.set(variationId, left - taken)
    return taken
  }
  // Each variation keeps the front of its ranges. Freed buckets are filled before untracked ones.
  const kept = allRangesOf(before).flatMap(({ variationId, weight }) => {
    const stays = take(variationId, weight)
    const rest = { weight: weight - stays, wasFree: variationId === undefined }
    return [
      { variationId, weight: stays, wasFree: false },
      { variationId: undefined, ...rest },
    ]
  })
  let ranges: readonly (WeightRange & { wasFree: boolean })[] = kept
  for (const free of [false, true]) {
    ranges = ranges.flatMap((range) =>
      range.variationId === undefined && range.wasFree === free ? fill(range, after, take) : [range],
    )
  }
  const pieces = mergeAdjacent(ranges)
  const { pieces: _, ...plain } = after
  const isPlain =
    pieces.length > piecesMax || JSON.stringify(pieces) === JSON.stringify(mergeAdjacent(plain.shares))
  return isPlain ? plain : { ...plain, pieces }
}

/** Whether each variation has the weight it had, in whatever order. */
function hasSameShares(before: Rollout, after: Rollout): boolean {
  const weights = new Map(before.shares.map(({ variationId, weight }) => [variationId, weight]))
  return (
    before.shares.length === after.shares.length &&
    after.shares.every(({ variationId, weight }) => weights.get(variationId) === weight)
  )
}

function fill<P extends WeightRange>(
  gap: P,
  { shares }: Rollout,
  take: (variationId: string, max: number) => number,
): P[] {
  let left = gap.weight
  const filled = shares.map(({ variationId }) => {
    const weight = take(variationId, left)
    left -= weight
    return { ...gap, variationId, weight }
  })
  return [...filled, { ...gap, weight: left }]
}

/** Joins adjacent ranges of one variation, and drops the gap at the end. */
export function mergeAdjacent(ranges: readonly WeightRange[]): WeightRange[] {
  const merged: { variationId?: string; weight: number }[] = []
  for (const { variationId, weight } of ranges) {
    const last = merged.at(-1)
    if (weight === 0) continue
    if (last && last.variationId === variationId) last.weight += weight
    else merged.push(variationId === undefined ? { weight } : { variationId, weight })
  }
  if (merged.at(-1)?.variationId === undefined) merged.pop()
  return merged
}
