// What a result says of segments: their users and conversions, and each arm's effect, drawn towards the
// others.
import type { Breakdown, SegmentCounts } from '../../core/model/breakdown.ts'
import {
  becauseFewSegments,
  becauseStanFailed,
  becauseUnconverged,
  type Engine,
  pooledSegmentsMin,
} from './fit.ts'
import { type PooledEffect, type PooledEffects, poolEffects, type SegmentEffect } from './partial-pooling.ts'

type Segment = Breakdown['segments'][number]
type Cell = Segment['variations'][number]

/** One for each attribute, in the order of the counts; in closed form. */
export const breakdownsOf = (counts: readonly SegmentCounts[], baselineVariationId: string): Breakdown[] =>
  tablesOf(counts, baselineVariationId).map((table) => toBreakdown(table, inClosedForm(table)))

/** By the engine. Elsewhere the closed form stands in, and says why: segments decide nothing. */
export async function breakdownsBy(
  pool: NonNullable<Engine['pool']>,
  counts: readonly SegmentCounts[],
  baselineVariationId: string,
  seed: number,
): Promise<Breakdown[]> {
  const breakdowns: Breakdown[] = []
  for (const table of tablesOf(counts, baselineVariationId))
    breakdowns.push(
      table.arms.length > 0 ? await pooledBy(pool, table, seed) : toBreakdown(table, inClosedForm(table)),
    )
  return breakdowns
}

async function pooledBy(
  pool: NonNullable<Engine['pool']>,
  table: SegmentTable,
  seed: number,
): Promise<Breakdown> {
  const instead = (why: string): Breakdown => ({
    ...toBreakdown(table, inClosedForm(table)),
    engine: { kind: 'exact', method: `normal hierarchical model by quadrature${why}` },
  })
  if (table.segments.length < pooledSegmentsMin) return instead(becauseFewSegments)
  const ids = [table.baselineVariationId, ...table.arms]
  const figures = (field: 'users' | 'conversions') =>
    table.segments.map(({ variations }) =>
      ids.map((id) => variations.find(({ variationId }) => variationId === id)?.[field] ?? 0),
    )
  const { attribute } = table
  const pooled = await pool({ attribute, users: figures('users'), conversions: figures('conversions'), seed })
  if (!pooled.ok) return instead(pooled.problem.code === 'INVALID' ? becauseUnconverged : becauseStanFailed)
  const arms = table.arms.map((variationId, k): PooledArm => {
    const { effects, spread } = pooled.value.arms[k]!
    const known = pairsOf(table, variationId).map(({ segment }) => segment)
    return {
      variationId,
      spread,
      effects: new Map(known.map((segment) => [segment, effects[table.segments.indexOf(segment)]!])),
    }
  })
  return { ...toBreakdown(table, arms), engine: pooled.value.engine }
}

interface SegmentTable {
  readonly attribute: string
  readonly baselineVariationId: string
  readonly segments: readonly Plain[]
  /** Those that can be compared in some segment. */
  readonly arms: readonly string[]
}

interface PooledArm extends Pick<PooledEffects, 'spread'> {
  readonly variationId: string
  /** Of the segments where both have users. */
  readonly effects: ReadonlyMap<Plain, PooledEffect>
}

const tablesOf = (counts: readonly SegmentCounts[], baselineVariationId: string): SegmentTable[] =>
  [...Map.groupBy(counts, ({ attribute }) => attribute)].map(([attribute, own]) => {
    const segments = segmentsOf(own)
    const arms = [...new Set(own.map(({ variationId }) => variationId))].filter(
      (arm) => arm !== baselineVariationId && pairsOf({ segments, baselineVariationId }, arm).length > 0,
    )
    return { attribute, baselineVariationId, segments, arms }
  })

const toBreakdown = (table: SegmentTable, pooled: readonly PooledArm[]): Breakdown => ({
  attribute: table.attribute,
  segments: table.segments.map((segment) => ({
    ...segment,
    comparisons: pooled.flatMap(({ variationId, effects }) => {
      const effect = effects.get(segment)
      return effect ? [comparisonOf(segment, table.baselineVariationId, variationId, effect)] : []
    }),
  })),
  spread: pooled.map(({ variationId, spread }) => ({ variationId, ...spread })),
})

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

const inClosedForm = (table: SegmentTable): PooledArm[] =>
  table.arms.map((variationId) => {
    const pairs = pairsOf(table, variationId)
    const { effects, spread } = poolEffects(pairs.map(({ a, b }) => logOddsRatio(a, b)))
    return { variationId, spread, effects: new Map(pairs.map(({ segment }, i) => [segment, effects[i]!])) }
  })

/** The segments where both have users. */
const pairsOf = (
  { segments, baselineVariationId }: Pick<SegmentTable, 'segments' | 'baselineVariationId'>,
  arm: string,
) =>
  segments.flatMap((segment) => {
    const a = cellOf(segment, baselineVariationId)
    const b = cellOf(segment, arm)
    return a && b ? [{ segment, a, b }] : []
  })

function comparisonOf(
  segment: Plain,
  baselineVariationId: string,
  variationId: string,
  { mean, low, high }: PooledEffect,
): Segment['comparisons'][number] {
  const [a, b] = [cellOf(segment, baselineVariationId)!, cellOf(segment, variationId)!]
  const rate = (a.conversions + 0.5) / (a.users + 1)
  const observed = a.conversions === 0 ? null : b.conversions / b.users / (a.conversions / a.users) - 1
  const pooled = { estimate: liftOf(rate, mean), low: liftOf(rate, low), high: liftOf(rate, high) }
  return { variationId, observed, pooled }
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
