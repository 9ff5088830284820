// What a result says of segments: their users and conversions, and each arm's effect, drawn towards the
// others.
import type { Breakdown, SegmentCounts } from '../../core/model/breakdown.ts'
import { poolEffects, type SegmentEffect } from './partial-pooling.ts'

type Segment = Breakdown['segments'][number]
type Cell = Segment['variations'][number]

/** One for each attribute, in the order of the counts. */
export function breakdownsOf(counts: readonly SegmentCounts[], baselineVariationId: string): Breakdown[] {
  return [...Map.groupBy(counts, ({ attribute }) => attribute)].map(([attribute, own]) => {
    const segments = segmentsOf(own)
    const arms = [...new Set(own.map(({ variationId }) => variationId))].filter(
      (id) => id !== baselineVariationId,
    )
    const pooled = arms.flatMap((arm) => pooledArm(segments, arm, baselineVariationId) ?? [])
    return {
      attribute,
      segments: segments.map((segment) => ({
        ...segment,
        comparisons: pooled.flatMap(({ comparisons }) => comparisons.get(segment) ?? []),
      })),
      spread: pooled.map(({ spread }) => spread),
    }
  })
}

type Plain = Omit<Segment, 'comparisons'>

function segmentsOf(counts: readonly SegmentCounts[]): Plain[] {
  const usersOf = ({ variations }: Plain) => variations.reduce((sum, { users }) => sum + users, 0)
  return [...Map.groupBy(counts, ({ value }) => value)]
    .map(([value, cells]) => ({
      value,
      variations: cells
        .map(({ variationId, users, conversions }) => ({ variationId, users, conversions }))
        .toSorted((a, b) => (a.variationId < b.variationId ? -1 : 1)),
    }))
    .toSorted(
      (a, b) =>
        Number(a.value === null) - Number(b.value === null) ||
        usersOf(b) - usersOf(a) ||
        (a.value! < b.value! ? -1 : 1),
    )
}

function pooledArm(segments: readonly Plain[], arm: string, baselineVariationId: string) {
  const known = segments.flatMap((segment) => {
    const a = cellOf(segment, baselineVariationId)
    const b = cellOf(segment, arm)
    return a && b ? [{ segment, a, b, ...logOddsRatio(a, b) }] : []
  })
  if (known.length === 0) return undefined
  const { effects, spread } = poolEffects(known)
  const comparisons = new Map(
    known.map(({ segment, a, b }, i) => {
      const { mean, low, high } = effects[i]!
      const rate = (a.conversions + 0.5) / (a.users + 1)
      const [estimate, from, to] = [mean, low, high].map((effect) => liftOf(rate, effect))
      const observed = a.conversions === 0 ? null : b.conversions / b.users / (a.conversions / a.users) - 1
      return [
        segment,
        { variationId: arm, observed, pooled: { estimate: estimate!, low: from!, high: to! } },
      ] as const
    }),
  )
  return { comparisons, spread: { variationId: arm, ...spread } }
}

const cellOf = ({ variations }: Plain, id: string): Cell | undefined =>
  variations.find(({ variationId, users }) => variationId === id && users > 0)

/**
 * What is added to each count adds up to one user and is in proportion to the arms, so that segments without
 * conversions say nothing of arms of unequal size (Sweeting, Sutton and Lambert 2004).
 */
function logOddsRatio(a: Cell, b: Cell): SegmentEffect {
  const all = a.users + b.users
  const [ofA, ofB] = [a, b].map(({ users, conversions }) => ({
    yes: conversions + users / all,
    no: users - conversions + users / all,
  })) as [{ yes: number; no: number }, { yes: number; no: number }]
  return {
    estimate: Math.log((ofB.yes / ofB.no) * (ofA.no / ofA.yes)),
    variance: 1 / ofA.yes + 1 / ofA.no + 1 / ofB.yes + 1 / ofB.no,
  }
}

/** The relative difference of rates that a log odds ratio makes at a rate. */
function liftOf(rate: number, effect: number): number {
  const ratio = Math.exp(effect)
  return ratio / (1 - rate + rate * ratio) - 1
}
