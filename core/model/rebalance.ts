// Arranges a rollout's variations in ranges of buckets. When weights change, it moves as few targeting keys
// as possible: only the weight that one variation loses goes to others.
import type { Flag, Strategy } from './flag.ts'
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
function allRangesOf(strategy: Strategy): readonly WeightRange[] {
  if (strategy.kind === 'fixed') return [{ variationId: strategy.variationId, weight: weightTotal }]
  const ranges = rangesOf(strategy)
  return [...ranges, { weight: weightTotal - sumOf(ranges) }].filter(({ weight }) => weight > 0)
}

const sumOf = (ranges: readonly WeightRange[]) => ranges.reduce((sum, { weight }) => sum + weight, 0)

/** Returns `after` with `pieces` arranged so that the fewest targeting keys change their variation. */
export function rebalance(before: Strategy, after: Rollout): Rollout {
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
function mergeAdjacent(ranges: readonly WeightRange[]): WeightRange[] {
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

export interface Moves {
  readonly ruleId: string
  /** How many of 100,000 targeting keys get another variation than before. */
  readonly weight: number
  /** By variation id before and after; null means untracked. */
  readonly flows: readonly {
    readonly from: string | null
    readonly to: string | null
    readonly weight: number
  }[]
}

/**
 * The share of users whom an edit of a flag moves, for each rule that exists before and after. Ignores
 * audiences and the order of rules.
 */
export function movesOf(before: Flag, after: Flag): Moves[] {
  const strategies = strategiesOf(before)
  const isHashedAlike = before.allocation === after.allocation && before.seed === after.seed
  return [...strategiesOf(after)].flatMap(([ruleId, strategy]) => {
    const earlier = strategies.get(ruleId)
    if (!earlier) return []
    const flows = isHashedAlike
      ? flowsOf(allRangesOf(earlier), allRangesOf(strategy))
      : flowsByChance(earlier, strategy)
    const weight = flows.reduce((sum, flow) => sum + flow.weight, 0)
    return weight > 0 ? [{ ruleId, weight, flows }] : []
  })
}

export const strategiesOf = ({ rules, defaultStrategy }: Flag): Map<string, Strategy> =>
  new Map([...rules, defaultStrategy].map(({ id, strategy }) => [id, strategy]))

function flowsOf(before: readonly WeightRange[], after: readonly WeightRange[]): Moves['flows'] {
  const flows = new Map<string, Moves['flows'][number]>()
  let [i, j, at] = [0, 0, 0]
  let [endBefore, endAfter] = [before[0]?.weight ?? 0, after[0]?.weight ?? 0]
  while (at < weightTotal) {
    const to = Math.min(endBefore, endAfter)
    add(flows, before[i]?.variationId, after[j]?.variationId, to - at)
    at = to
    if (endBefore === at) endBefore += before[++i]?.weight ?? weightTotal
    if (endAfter === at) endAfter += after[++j]?.weight ?? weightTotal
  }
  return [...flows.values()]
}

/** For a changed hash: the new bucket is independent of the old one. */
function flowsByChance(before: Strategy, after: Strategy): Moves['flows'] {
  const flows = new Map<string, Moves['flows'][number]>()
  for (const from of allRangesOf(before))
    for (const to of allRangesOf(after))
      add(flows, from.variationId, to.variationId, Math.round((from.weight * to.weight) / weightTotal))
  return [...flows.values()]
}

function add(
  flows: Map<string, Moves['flows'][number]>,
  was: string | undefined,
  is: string | undefined,
  weight: number,
): void {
  if (was === is || weight === 0) return
  const [from, to] = [was ?? null, is ?? null]
  const name = JSON.stringify([from, to])
  flows.set(name, { from, to, weight: (flows.get(name)?.weight ?? 0) + weight })
}
