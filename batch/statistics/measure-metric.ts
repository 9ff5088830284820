// From exact sums of a goal's metric to what is compared of each arm, and to what a result says of it.
import {
  capOf,
  type GoalMetric,
  isCappedByHistory,
  isOfShares,
  priorDaysOf,
} from '../../core/model/goal-metric.ts'
import type { MetricReport, MetricSums, ValueModel, VariationValue } from '../../core/model/metric-report.ts'
import type { VariationResult } from '../../core/model/experiment-result.ts'
import type { ArmCounts } from './comparison.ts'
import type { Direction } from './fit.ts'
import {
  adjust,
  type Adjustment,
  meanOf,
  type Measure,
  type NoEffect,
  type NoEffectReason,
  ratioMeasure,
} from './effect.ts'
import { centred, type ExactSums, noSums, uncappedOf } from './exact-sums.ts'
import { type Marginal, marginalOf, normalInverseGammas, normalMarginal, standings } from './marginal.ts'
import { reachedMin } from './measure-pair.ts'

export interface MetricCounts {
  readonly event: string
  readonly definition: GoalMetric
  readonly byVariation: ReadonlyMap<string, ExactSums>
  /** Above it are half a percent of all users' values, before the cap. */
  readonly high: number | null
}

export interface MeasuredMetric extends MetricCounts {
  /** With the measure of each variation, in the order of the input. */
  readonly counts: readonly ArmCounts[]
  /** Undefined if the metric takes none, or if nobody did anything before. */
  readonly adjustment: Adjustment | undefined
}

/** The users of the counts are replaced by those whose values are counted. */
export function measureMetric(
  { event, definition, byVariation, high }: MetricCounts,
  counts: readonly ArmCounts[],
): MeasuredMetric {
  const all = counts.map((one) => byVariation.get(one.variationId) ?? noSums)
  const measures = all.map((sums) => measureOf(definition, sums))
  const isAdjusted = priorDaysOf(definition) > 0
  const whole = isAdjusted ? measures.flatMap((measure, k) => ('kind' in measure ? [] : [k])) : []
  const adjustment = adjust(whole.map((k) => centred(all[k]!, all[k]!.users)))
  adjustment?.arms.forEach((measure, i) => (measures[whole[i]!] = measure))
  return {
    event,
    definition,
    byVariation,
    high,
    adjustment,
    counts: counts.map((one, k) => ({
      ...one,
      users: all[k]!.users,
      conversions: all[k]!.conversions,
      ...(!isOfShares(definition) && { measure: measures[k] }),
    })),
  }
}

/** Users, or those who reached the goal. */
const unitsOf = ({ kind }: GoalMetric, { users, conversions }: ExactSums) =>
  kind === 'value-per-converter' ? conversions : users

function measureOf(metric: GoalMetric, sums: ExactSums): Measure | NoEffect {
  const n = unitsOf(metric, sums)
  if (sums.unreadableUsers > 0) return none('not-finite')
  if (n < 2) return none('empty-arm')
  if (metric.kind === 'ratio' && sums.sumD === 0n) return none('no-denominator')
  const statistics = centred(sums, n)
  return (metric.kind === 'ratio' ? ratioMeasure(statistics) : meanOf(statistics)) ?? none('not-finite')
}

const none = (reason: NoEffectReason): NoEffect => ({ kind: 'none', reason })

/** `model`: where one of values gave the figures of the variations. */
export function metricReport(
  { event, definition, adjustment, high }: MeasuredMetric,
  model?: ValueModel,
): MetricReport {
  const cap = capOf(definition)
  const notes = [
    ...(definition.kind === 'retention'
      ? [`Only users whose day ${definition.day} after the first exposure is over are counted.`]
      : []),
    ...(definition.kind === 'value-per-converter' ? [notRandomised] : []),
    ...capNotes(cap, isCappedByHistory(definition)),
    ...(definition.kind === 'ratio'
      ? ['Users are the units, not their single events, so that users who come often do not narrow it.']
      : []),
    ...(model ? modelNotes(model) : []),
  ]
  return {
    definition,
    event,
    ...(priorDaysOf(definition) > 0 && {
      adjustment: adjustment
        ? { theta: adjustment.theta, rhoSquared: adjustment.rhoSquared, varianceLeft: adjustment.gain }
        : null,
    }),
    high: high !== null && high > 0 ? high : null,
    ...(model && { model }),
    notes,
  }
}

function capNotes(cap: number | undefined, isFromHistory: boolean): string[] {
  if (cap === undefined)
    return isFromHistory
      ? ['No earlier experiment told where to cap when this one started, so nothing is capped.']
      : []
  const origin = isFromHistory
    ? ' It was fixed at the start: above it were half a percent of the users of an earlier experiment.'
    : ''
  return [`What is compared are sums of at most ${cap}.${origin}`]
}

/** For whoever reads the result. */
const modelNotes = ({ prior: { share, logValue } }: ValueModel): string[] => [
  'The figures of each variation come from a model of values: who has one, and how large its logarithm is. ' +
    'The verdict and the intervals that decide do not: they come from the means and their variance.',
  `Its priors: of the share who have a value Beta(${rounded(share.alpha)}, ${rounded(share.beta)}); of a ` +
    `value's logarithm normal(${rounded(logValue.location)}, ${logValue.sd}), around the mean of all; of the ` +
    `spread of logarithms, which each variation has of its own, half-normal(${logValue.spreadSd}), at most ${logValue.spreadMax}. It is not ` +
    'adjusted by what users did before.',
]

const rounded = (value: number) => String(Number(value.toPrecision(4)))

/** Who converts may depend on the variation, so the two groups may differ in more than the variation. */
export const notRandomised =
  'Users who reached the goal are compared, and who they are may depend on the variation: this is no ' +
  'randomised comparison, and it decides nothing.'

/** Whether enough is known of a variation to say more than what was observed. */
export const isMeasured = ({ conversions, measure }: ArmCounts): boolean =>
  conversions >= reachedMin && measure !== undefined && !('kind' in measure)

/** What each variation came to, in the order of the counts; no posterior before all that decisions need. */
export function metricVariations(
  metric: MeasuredMetric,
  baselineVariationId: string,
  direction: Direction,
): VariationResult[] {
  const { counts, definition, byVariation } = metric
  const known = counts.filter(isMeasured)
  const baseline = known.findIndex(({ variationId }) => variationId === baselineVariationId)
  const marginals =
    baseline < 0 || known.length < 2
      ? []
      : marginalsOf(
          definition,
          known.map(({ measure }) => measure as Measure),
        )
  const compared = marginals.length > 0 ? standings(marginals, baseline, direction) : []
  return counts.map((one) => {
    const { variationId, users, conversions } = one
    const k = known.indexOf(one)
    const sums = byVariation.get(variationId) ?? noSums
    const value = valueOf(definition, sums, marginals[k])
    return {
      variationId,
      users,
      conversions,
      value,
      rate: null,
      uplift: null,
      probabilityBest: null,
      probabilityBeatsBaseline: null,
      expectedLoss: null,
      ...compared[k],
    }
  })
}

/** Empty if nothing varies. */
function marginalsOf({ kind }: GoalMetric, measures: readonly Measure[]): Marginal[] {
  const units = measures.reduce((sum, { n }) => sum + n, 0)
  const spread = measures.reduce((sum, { n, variance }) => sum + n * variance, 0) / units
  if (!(spread > 0)) return []
  return kind === 'value-per-converter'
    ? normalInverseGammas(measures).map(marginalOf)
    : measures.map(({ mean, n }) => normalMarginal(mean, Math.sqrt(spread / n)))
}

function valueOf(metric: GoalMetric, sums: ExactSums, marginal: Marginal | undefined): VariationValue | null {
  const units = unitsOf(metric, sums)
  const isRatio = metric.kind === 'ratio'
  if (units === 0 || sums.unreadableUsers > 0 || (isRatio && sums.sumD === 0n)) return null
  const statistics = centred(sums, units)
  const uncapped = uncappedOf(sums, units)
  const { centre: meanY = 0, centreD = 0, centreX = 0, sumYY, sumDD, sumYD, sumXX, sumXY } = statistics
  const per = isRatio ? centreD : 1
  const hasCap = capOf(metric) !== undefined
  const kept: MetricSums = {
    units,
    meanY,
    yy: sumYY,
    ...(isRatio && { d: { mean: centreD, dd: sumDD, yd: sumYD } }),
    ...(priorDaysOf(metric) > 0 && { x: { mean: centreX, xx: sumXX, xy: sumXY } }),
    ...(hasCap && { uncapped: { mean: uncapped.mean, yy: uncapped.variance * units } }),
  }
  return {
    observed: meanY / per,
    ...(hasCap && { uncapped: uncapped.mean / per }),
    posterior: marginal
      ? {
          mean: marginal.mean,
          sd: marginal.sd,
          q025: marginal.quantile(0.025),
          median: marginal.quantile(0.5),
          q975: marginal.quantile(0.975),
        }
      : null,
    sums: kept,
  }
}
