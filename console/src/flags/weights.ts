// Shares of a rollout, which always add up to everybody. Pure. Weights are of 100,000, as in
// core/model/limits.ts.
import type { Allocation, Strategy } from '../../../core/model/flag.ts'
import { allRangesOf, rebalance } from '../../../core/model/rebalance.ts'
import { weightPerPercent, weightTotal } from '../../../core/model/limits.ts'

export type Rollout = Extract<Strategy, { kind: 'rollout' }>

/** Null stands for no variation: the users get the code's default and are not counted. */
export interface Share {
  readonly variationId: string | null
  readonly weight: number
}

/** The shares with what is left to everybody, if anything is. */
export function allShares({ shares }: Pick<Rollout, 'shares'>): Share[] {
  const rest = weightTotal - shares.reduce((sum, { weight }) => sum + weight, 0)
  return rest > 0 ? [...shares, { variationId: null, weight: rest }] : [...shares]
}

/** The smallest step: a whole percent, or a thousandth of one. */
export const stepOf = (allocation: Allocation): number => (allocation === 'percent' ? weightPerPercent : 1)

/**
 * Gives a share the weight, as far as the others can bear it. What it gains or frees is taken from or given to
 * its neighbours, first those behind it.
 */
export function withWeight(shares: readonly Share[], place: number, wanted: number, step: number): Share[] {
  const rounded = Math.round(wanted / step) * step
  const target = Math.min(weightTotal, Math.max(0, Number.isFinite(rounded) ? rounded : 0))
  const weights = shares.map(({ weight }) => weight)
  let difference = target - weights[place]!
  weights[place] = target
  const places = shares.map((_, i) => i)
  const others = [...places.filter((i) => i > place), ...places.filter((i) => i < place).reverse()]
  for (const other of others) {
    const taken = difference > 0 ? Math.min(difference, weights[other]!) : difference
    weights[other]! -= taken
    difference -= taken
    if (difference === 0) break
  }
  if (difference !== 0) weights[place]! -= difference // it is alone
  return shares.map((share, i) => ({ ...share, weight: weights[i]! }))
}

/** As even as the step allows; the first get what is over. */
export function evenly(shares: readonly Share[], step: number): Share[] {
  const steps = weightTotal / step
  const least = Math.floor(steps / shares.length)
  const over = steps - least * shares.length
  return shares.map((share, i) => ({ ...share, weight: (least + (i < over ? 1 : 0)) * step }))
}

/** As they are stored: without the rest, and without the ranges that belong to earlier shares. */
export function withShares({ pieces: _, ...rollout }: Rollout, shares: readonly Share[]): Rollout {
  const named = shares.filter(
    (share): share is { variationId: string; weight: number } => share.variationId !== null,
  )
  return { ...rollout, shares: named }
}

/** A part of all buckets, in [from, to) of 100,000, and whom it served before and after. */
export interface Band {
  readonly from: number
  readonly to: number
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Which buckets change their variation: the ranges are arranged as the API arranges them. */
export function bandsOf(before: Strategy, after: Strategy): Band[] {
  const arranged = after.kind === 'rollout' ? rebalance(before, after) : after
  const sides = [allRangesOf(before), allRangesOf(arranged)]
  const edges = sides.flatMap((ranges) => {
    let sum = 0
    return ranges.map(({ weight }) => (sum += weight))
  })
  const at = (side: number, point: number) => {
    let sum = 0
    return sides[side]!.find(({ weight }) => (sum += weight) > point)?.variationId
  }
  const cuts = [...new Set([0, ...edges])].sort((a, b) => a - b)
  return cuts
    .slice(0, -1)
    .map((from, i) => ({ from, to: cuts[i + 1]!, before: at(0, from), after: at(1, from) }))
}

/** Of the users of the rule, in [0, 1]. */
export const movedShare = (bands: readonly Band[]): number =>
  bands.reduce((sum, { from, to, before, after }) => sum + (before === after ? 0 : to - from), 0) /
  weightTotal
