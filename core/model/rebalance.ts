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
 * Returns `after` with `pieces` arranged so that the fewest targeting keys change their variation. Of the
 * arrangements that move as few it takes one near to the shares in order, so that who got a variation last
 * loses it first, and weights that come back bring back who had what. Pieces that `after` has are ignored:
 * they belong to earlier shares.
 */
export function rebalance(before: Strategy, after: Rollout): Rollout {
  const { pieces: _, ...plain } = after
  if (before.kind === 'rollout' && hasSameShares(before, after))
    return before.pieces ? { ...plain, pieces: before.pieces } : { ...plain, shares: before.shares }
  const pieces = mergeAdjacent(arrange(allRangesOf(before), inOrder(before, after), after.shares))
  const isPlain =
    pieces.length > piecesMax || JSON.stringify(pieces) === JSON.stringify(mergeAdjacent(plain.shares))
  return isPlain ? plain : { ...plain, pieces }
}

/** All buckets by the shares of `after`: those of `before` in the order there, then the new ones. */
function inOrder(before: Strategy, { shares }: Rollout): readonly WeightRange[] {
  const known = before.kind === 'rollout' ? before.shares.map(({ variationId }) => variationId) : []
  const own = (id: string) => shares.filter(({ variationId }) => variationId === id)
  const later = shares.filter(({ variationId }) => !known.includes(variationId))
  return [...known.flatMap(own), ...later, { weight: weightTotal - sumOf(shares) }]
}

/** Buckets that have one variation, and would have one by the shares in order. */
interface Part extends WeightRange {
  readonly ordered: string | undefined
}

/** What each variation gains, and the untracked share (undefined); below 0, what it loses. */
type Gains = Map<string | undefined, number>

/** First to whom the buckets belong in order; then what is not in its order; then the rest. */
function arrange(before: readonly WeightRange[], order: readonly WeightRange[], shares: Rollout['shares']) {
  const gains: Gains = new Map()
  for (const { variationId, weight } of order) gains.set(variationId, (gains.get(variationId) ?? 0) + weight)
  for (const { variationId, weight } of before) gains.set(variationId, (gains.get(variationId) ?? 0) - weight)
  const all = [...shares.map(({ variationId }) => variationId), undefined]
  const isOrdered = ({ variationId, ordered }: Part) => variationId === ordered
  return [
    (part: Part) => [part.ordered],
    (part: Part) => (isOrdered(part) ? [] : all),
    (_: Part) => all,
  ].reduce((parts, to) => give(give(parts, gains, false, to), gains, true, to), partsOf(before, order))
}

function partsOf(before: readonly WeightRange[], order: readonly WeightRange[]): readonly Part[] {
  const parts: Part[] = []
  const rest = [...order]
  for (const { variationId, weight } of before)
    for (let left = weight; left > 0;) {
      const [next, ...others] = rest as [WeightRange, ...WeightRange[]]
      const taken = Math.min(left, next.weight)
      if (taken > 0) parts.push({ variationId, weight: taken, ordered: next.variationId })
      left -= taken
      if (taken < next.weight) rest[0] = { ...next, weight: next.weight - taken }
      else rest.splice(0, rest.length, ...others)
    }
  return parts
}

/**
 * Moves what is to be lost to who gains, among those that `to` names. Variations give from the back, the
 * untracked buckets from the front, so that they stay at the end.
 */
function give(
  parts: readonly Part[],
  gains: Gains,
  isUntracked: boolean,
  to: (part: Part) => readonly (string | undefined)[],
): readonly Part[] {
  const turned = (list: readonly Part[]) => (isUntracked ? list : list.toReversed())
  const given = turned(parts).flatMap((part) => {
    if ((part.variationId === undefined) !== isUntracked) return [part]
    let left = part.weight
    const moved = to(part).map((variationId): Part => {
      const loss = -(gains.get(part.variationId) ?? 0)
      const weight = Math.max(0, Math.min(left, loss, gains.get(variationId) ?? 0))
      gains.set(part.variationId, weight - loss)
      gains.set(variationId, (gains.get(variationId) ?? 0) - weight)
      left -= weight
      return { ...part, variationId, weight }
    })
    return [...moved, { ...part, weight: left }]
  })
  return turned(given).filter(({ weight }) => weight > 0)
}

/** Whether each variation has the weight it had, in whatever order. */
function hasSameShares(before: Rollout, after: Rollout): boolean {
  const weights = new Map(before.shares.map(({ variationId, weight }) => [variationId, weight]))
  return (
    before.shares.length === after.shares.length &&
    after.shares.every(({ variationId, weight }) => weights.get(variationId) === weight)
  )
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
