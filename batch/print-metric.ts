// What a result says of a goal with a metric, as lines: the observed figure first, then what is estimated.
import type { Comparison, ExperimentResult } from '../core/model/experiment-result.ts'
import type { GoalMetric } from '../core/model/goal-metric.ts'
import type { MetricReport } from '../core/model/metric-report.ts'
import { integer } from './print-lake.ts'
import { percent, probability, signed } from './print-numbers.ts'

/** Rows of cells with the heading, and which columns are numbers. */
export function metricRows(result: ExperimentResult, { definition }: MetricReport) {
  const heading = [
    'variation',
    definition.kind === 'value-per-converter' ? 'converting' : 'users',
    'reached goal',
    namesOf[definition.kind],
    'estimate (95 %)',
    'P(best)',
    'difference (95 % at all looks)',
  ]
  const { variations, baselineVariationId, comparisons } = result
  const rows = variations.map(({ variationId, users, conversions, value, probabilityBest }) => [
    variationId,
    integer(value?.sums.units ?? users),
    integer(conversions),
    value ? withUncapped(value.observed, value.uncapped) : users === 0 ? 'no users yet' : 'not known',
    value?.posterior
      ? `${rounded(value.posterior.mean)} (${rounded(value.posterior.q025)} to ${rounded(value.posterior.q975)})`
      : 'too early',
    probabilityBest === null ? '' : probability(probabilityBest),
    variationId === baselineVariationId
      ? 'baseline'
      : differenceText(comparisons?.find((one) => one.variationId === variationId)),
  ])
  return { lines: [heading, ...rows], numbers: [1, 2, 5] }
}

const namesOf: Record<GoalMetric['kind'], string> = {
  conversion: 'rate',
  retention: 'rate',
  funnel: 'rate',
  count: 'events per user',
  value: 'value per user',
  'value-per-converter': 'value per converting user',
  ratio: 'ratio',
}

const withUncapped = (observed: number, uncapped: number | undefined) =>
  uncapped === undefined ? rounded(observed) : `${rounded(observed)} (uncapped ${rounded(uncapped)})`

function differenceText(comparison: Comparison | undefined): string {
  if (!comparison?.difference) return comparison?.reason ?? 'not measured'
  const { difference, relative, outcome } = comparison
  const { estimate, low, high } = difference
  const lift = relative
    ? `, ${signed(relative.estimate)} (${signed(relative.low)} to ${relative.high === null ? 'no bound' : signed(relative.high)})`
    : ''
  const range = `${plus(low)} to ${high === null ? 'no bound' : plus(high)}`
  return `${plus(estimate)} (${range})${lift}, ${outcome}`
}

/** What was measured, how it was adjusted, and what to know. */
export function metricLines({ definition, event, adjustment, high, notes }: MetricReport): string[] {
  const {
    windowDays,
    minimumAgeDays,
  }: { windowDays?: number | undefined; minimumAgeDays?: number | undefined } =
    definition.kind === 'retention' ? {} : definition
  const timing = [
    ...(definition.kind === 'retention' ? [`on day ${definition.day} after a user’s first exposure`] : []),
    ...(windowDays === undefined ? [] : [`events of the first ${windowDays} days of a user`]),
    ...(minimumAgeDays === undefined ? [] : [`users exposed at least ${minimumAgeDays} days ago`]),
  ]
  const per =
    definition.kind === 'ratio' ? ` per ${definition.denominator.sum} of ${definition.denominator.event}` : ''
  const steps = definition.kind === 'funnel' ? `${definition.steps.join(', then ')}, then ` : ''
  const summed = definition.kind === 'ratio' ? `${definition.sum} of ` : ''
  return [
    `metric    ${definition.kind}: ${steps}${summed}${event}${per}${timing.length > 0 ? `; ${timing.join('; ')}` : ''}`,
    ...(adjustment
      ? [
          `adjusted  by the days before the first exposure: rho squared ${rounded(adjustment.rhoSquared)}, ` +
            `${percent(adjustment.varianceLeft)} of the variance is left`,
        ]
      : []),
    ...(high === null ? [] : [`high      half a percent of all users have more than ${rounded(high)}`]),
    ...notes.map((note) => `note      ${note}`),
  ]
}

/** Four significant digits. */
const rounded = (value: number) => String(Number(value.toPrecision(4)))
const plus = (value: number) => `${value > 0 ? '+' : ''}${rounded(value)}`
