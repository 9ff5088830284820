// @ts-check
// The table of a result about values: the observed figure first, then what is estimated, and the facts of its
// metric.
import { axis, interval, sharedScale, tone } from './chart.js'
import { h } from './dom.js'
import { integer, nameIn, percent, signedPercent } from './words.js'

/** @import { Comparison, ExperimentResult, VariationResult } from '../../core/model/experiment-result.ts' */
/** @import { MetricReport } from '../../core/model/metric-report.ts' */
/** @import { Flag } from '../../core/model/flag.ts' */
/** @import { Scale } from './chart.js' */

/** @type {Record<string, string>} */
const headings = {
  count: 'Events per user',
  value: 'Value per user',
  'value-per-converter': 'Value per converting user',
  ratio: 'Ratio',
}

/**
 * Whether a result is about means or ratios, and not about rates.
 * @param {MetricReport | undefined} metric
 * @returns {metric is MetricReport}
 */
export const isOfValues = (metric) =>
  metric !== undefined && !['conversion', 'retention', 'funnel'].includes(metric.definition.kind)

/**
 * Roles are explicit, because the style for narrow screens removes the implicit ones of a table.
 * @param {ExperimentResult} result
 * @param {MetricReport} metric
 * @param {Flag | undefined} flag
 * @param {string} goal
 */
export function valueTable({ variations, baselineVariationId, comparisons }, { definition }, flag, goal) {
  const observed = headings[definition.kind] ?? definition.kind
  const columns = [
    'Variation',
    'Users',
    'Reached the goal',
    observed,
    'Interval (95 %), dashed: baseline',
    'P(best)',
    'Difference (95 %)',
  ]
  const posteriors = variations.flatMap(({ value }) => value?.posterior ?? [])
  const scale = sharedScale(
    posteriors.length > 0 ? posteriors.map(({ q025, q975 }) => ({ low: q025, high: q975 })) : [unit],
    'number',
  )
  const baseline = variations.find(({ variationId }) => variationId === baselineVariationId)
  return h(
    'table',
    { class: 'rates', role: 'table' },
    h('caption', { class: 'unseen' }, `${observed} of ${goal} by variation`),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        ...columns.map((column) => h('th', { role: 'columnheader', scope: 'col' }, column)),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      ...variations.map((variation) =>
        row(variation, scale, {
          name: nameIn(flag, variation.variationId),
          isBaseline: variation === baseline,
          index: flag?.variations.findIndex(({ id }) => id === variation.variationId) ?? -1,
          heading: observed,
          reference: baseline?.value?.posterior?.mean,
          comparison: comparisons?.find(({ variationId }) => variationId === variation.variationId),
        }),
      ),
    ),
    h(
      'tfoot',
      { 'aria-hidden': 'true' },
      h(
        'tr',
        {},
        h('td', { colspan: 4 }),
        h('td', { class: 'drawing' }, posteriors.length > 0 ? axis(scale) : undefined),
        h('td', { colspan: 2 }),
      ),
    ),
  )
}

const unit = { low: 0, high: 1 }

/**
 * @param {VariationResult} variation
 * @param {Scale} scale
 * @param {{ name: string, isBaseline: boolean, index: number, heading: string, reference: number | undefined,
 *   comparison: Comparison | undefined }} more
 */
function row(
  { variationId, users, conversions, value, probabilityBest },
  scale,
  { name, isBaseline, index, heading, reference, comparison },
) {
  const cell = (/** @type {string} */ label, /** @type {string} */ text, className = 'number') =>
    h('td', { role: 'cell', class: className, 'data-label': label }, text)
  const posterior = value?.posterior
  return h(
    'tr',
    { role: 'row' },
    h(
      'th',
      { role: 'rowheader', scope: 'row' },
      h('span', { class: `swatch ${tone(index)}`, 'aria-hidden': 'true' }),
      name,
      isBaseline ? h('span', { class: 'tag' }, 'baseline') : undefined,
      name === variationId ? undefined : h('code', {}, variationId),
    ),
    cell('Users', integer(users)),
    cell('Reached the goal', integer(conversions)),
    h(
      'td',
      { role: 'cell', class: 'estimate number', 'data-label': heading },
      ...(value
        ? [
            number(value.observed),
            value.uncapped === undefined ? '' : h('span', {}, ` (${number(value.uncapped)} without the cap)`),
          ]
        : [users === 0 ? 'no users yet' : 'not known']),
    ),
    h(
      'td',
      { role: 'cell', class: 'drawing' },
      posterior
        ? interval(scale, {
            low: posterior.q025,
            middle: posterior.mean,
            high: posterior.q975,
            reference,
            tone: tone(index),
          })
        : undefined,
    ),
    cell('P(best)', probabilityBest?.toFixed(3) ?? '–'),
    h(
      'td',
      { role: 'cell', class: 'estimate uplift', 'data-label': 'Difference (95 %)' },
      ...(isBaseline || !comparison ? ['–'] : differenceWords(comparison)),
    ),
  )
}

/**
 * The interval holds at all looks together, and is the one that decides.
 * @param {Comparison} comparison
 */
function differenceWords({ difference, relative, outcome, reason }) {
  if (!difference) return [reason ?? outcome.replaceAll('-', ' ')]
  const { estimate, low, high } = difference
  const lift = relative
    ? `, ${signedPercent(relative.estimate)} (${signedPercent(relative.low)} to ${
        relative.high === null ? 'no bound' : signedPercent(relative.high)
      })`
    : ''
  const range = `${signed(low)} to ${high === null ? 'no bound' : signed(high)}`
  return [signed(estimate), h('span', {}, ` (${range})${lift}, ${outcome.replaceAll('-', ' ')}`)]
}

/**
 * @param {MetricReport} metric
 * @returns {[string, string][]}
 */
export function metricFacts({ definition, event, adjustment, high, notes }) {
  const { windowDays, minimumAgeDays } = /** @type {{ windowDays?: number, minimumAgeDays?: number }} */ (
    definition
  )
  const per =
    definition.kind === 'ratio' ? ` per ${definition.denominator.sum} of ${definition.denominator.event}` : ''
  const timing = [
    ...(definition.kind === 'retention' ? [`on day ${definition.day} after a user’s first exposure`] : []),
    ...(windowDays === undefined ? [] : [`in a user’s first ${windowDays} days`]),
    ...(minimumAgeDays === undefined ? [] : [`of users exposed at least ${minimumAgeDays} days ago`]),
  ]
  const measured = `${definition.kind.replaceAll('-', ' ')} of ${event}${per}`
  return [
    ['Measured', [measured, ...timing].join(', ')],
    ...(adjustment
      ? [
          /** @type {[string, string]} */ ([
            'Adjusted',
            `by what users did before; ${percent(adjustment.varianceLeft)} of the variance is left ` +
              `(ρ² ${number(adjustment.rhoSquared)})`,
          ]),
        ]
      : []),
    ...(high === null
      ? []
      : [
          /** @type {[string, string]} */ ([
            'High',
            `half a percent of all users have more than ${number(high)}`,
          ]),
        ]),
    ...notes.map((note) => /** @type {[string, string]} */ (['Note', note])),
  ]
}

/**
 * Four significant digits.
 * @param {number} value
 */
export const number = (value) => String(Number(value.toPrecision(4))).replace('-', '−')

/** @param {number} value */
const signed = (value) => `${value > 0 ? '+' : ''}${number(value)}`
