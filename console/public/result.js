// @ts-check
// One result of one goal: what was counted, the verdict, its health and the engine. A newer runner may have
// stored statuses, verdicts and engines that this console does not know: it shows their names.
import { axis, interval, sharedScale, tone } from './chart.js'
import { facts, h } from './dom.js'
import { isOfValues, metricFacts, number, valueTable } from './result-value.js'
import { capital, integer, nameIn, percent, points, second, signedPercent } from './words.js'

/** @import { EngineReport, ExperimentResult } from '../../core/model/experiment-result.ts' */
/** @import { Comparison, HealthCheck, VariationResult } from '../../core/model/experiment-result.ts' */
/** @import { Flag } from '../../core/model/flag.ts' */
/** @import { Scale } from './chart.js' */

/**
 * @param {ExperimentResult} result
 * @param {Flag | undefined} flag
 * @param {string} goal
 */
export function resultSection(result, flag, goal) {
  const { window, computedAt, health, engine, prior, inputHash, statistics, metric } = result
  return h(
    'section',
    { class: 'result' },
    h('h3', {}, result.role === 'secondary' ? `${goal} (secondary)` : goal),
    verdictParagraph(result, flag),
    isOfValues(metric) ? valueTable(result, metric, flag, goal) : rateTable(result, flag, goal),
    healthSection(health),
    facts([
      ...(metric ? metricFacts(metric) : []),
      ...trustFacts(result, flag),
      ['Counted', `${second(window.from)} to ${second(window.to)}`],
      ['Computed', second(computedAt)],
      ...decisionFacts(result),
      ['Engine', engineWords(engine)],
      ...samplerFacts(engine),
      ...(prior ? [/** @type {[string, string]} */ (['Prior', `Beta(${prior.alpha}, ${prior.beta})`])] : []),
      ['Input hash', h('code', { title: inputHash }, inputHash.slice(0, 12))],
      ...(statistics ? [/** @type {[string, string]} */ (['Statistics', `release ${statistics}`])] : []),
    ]),
  )
}

/**
 * Whom the figures are of, and how many of them edge verified. Results of earlier releases do not say.
 * @param {ExperimentResult} result
 * @param {Flag | undefined} flag
 * @returns {[string, string][]}
 */
function trustFacts({ trust }, flag) {
  if (!trust) return []
  const { counts, unitAttribute, usersWithoutUnit, variations } = trust
  /** @type {[string, string][]} */
  const unit =
    unitAttribute === ''
      ? []
      : [
          [
            'Unit',
            `${unitAttribute}, not users; ${integer(usersWithoutUnit)} users have none and are left out`,
          ],
        ]
  const shares = variations.map(
    ({ variationId, verifiedUsers, unverifiedUsers }) =>
      `${nameIn(flag, variationId)}: ${integer(verifiedUsers)} verified, ${integer(unverifiedUsers)} not`,
  )
  return [...unit, ['Which events', countsWords[counts] ?? counts], ['Exposures', shares.join('; ')]]
}

/** @type {Record<string, string>} */
const countsWords = {
  all: 'all; whoever has a client key can send some',
  verified: 'verified exposures and those with a server key',
  server: 'events with a server key',
}

/**
 * @param {ExperimentResult} result
 * @returns {[string, string][]}
 */
function decisionFacts({ decision, direction, metric }) {
  if (!decision) return []
  const fewer = isOfValues(metric) ? 'Less is better. ' : 'Fewer conversions are better. '
  const better = direction === 'decrease' ? fewer : ''
  const plan = decision.kind === 'always-valid' ? decision.usersPlanned : null
  const tuned = plan === null ? '' : `, narrowest at ${integer(plan)} users`
  const how =
    decision.kind === 'fixed-horizon'
      ? `Fixed horizon, valid at every look, until ${second(decision.endAt)}`
      : `${capital(statusWords(decision.kind))}${tuned}`
  return [['Decided', `${better}${how}.`]]
}

/** @type {Record<string, string>} */
const verdictHeads = {
  winners: 'Several win.',
  'keep-baseline': 'Keep the baseline.',
  'practically-equal': 'Practically equal.',
  undecided: 'Undecided.',
  'too-early': 'Do not read yet.',
  withheld: 'Not to be trusted, because the health checks failed.',
  sound: 'The pipeline is sound.',
  unsound: 'The pipeline is not sound.',
  secondary: 'Secondary goal.',
}

/**
 * @param {ExperimentResult} result
 * @param {Flag | undefined} flag
 */
function verdictParagraph({ verdict, metric }, flag) {
  const paragraph = (/** @type {string} */ head, /** @type {string} */ rest) =>
    h('p', { class: `verdict ${verdict.kind}` }, h('strong', {}, head), ` ${rest}`)
  if (verdict.kind === 'winner') {
    return paragraph(
      `${nameIn(flag, verdict.variationId)} wins.`,
      `It is best with probability ${verdict.probabilityBest.toFixed(3)}; choosing it gives up ` +
        `${lossWords(verdict.expectedLoss, metric)} on average.` +
        (verdict.reason ? ` ${verdict.reason}` : ''),
    )
  }
  const { kind, reason } = /** @type {{ kind: string, reason?: string }} */ (verdict)
  return paragraph(verdictHeads[kind] ?? `${capital(statusWords(kind))}.`, reason ?? '')
}

/**
 * @param {number} loss
 * @param {ExperimentResult['metric']} metric
 */
const lossWords = (loss, metric) => (isOfValues(metric) ? number(loss) : `${points(loss)} of conversion rate`)

const columns = [
  'Variation',
  'Users',
  'Conversions',
  'Rate (95 %)',
  'Interval, dashed: baseline',
  'P(best)',
  'Lift (95 %)',
]

/**
 * Roles are explicit, because the style for narrow screens removes the implicit ones of a table.
 * @param {ExperimentResult} result
 * @param {Flag | undefined} flag
 * @param {string} goal
 */
function rateTable({ variations, baselineVariationId, comparisons }, flag, goal) {
  const rates = variations.flatMap(({ rate }) => (rate ? [{ low: rate.q025, high: rate.q975 }] : []))
  const scale = sharedScale(rates.length > 0 ? rates : [{ low: 0, high: 1 }])
  const reference = variations.find(({ variationId }) => variationId === baselineVariationId)?.rate?.mean
  return h(
    'table',
    { class: 'rates', role: 'table' },
    h('caption', { class: 'unseen' }, `Conversion to ${goal} by variation`),
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
      ...variations.map((variation) => {
        const index = flag?.variations.findIndex(({ id }) => id === variation.variationId) ?? -1
        const isBaseline = variation.variationId === baselineVariationId
        return rateRow(variation, scale, {
          name: nameIn(flag, variation.variationId),
          isBaseline,
          index,
          reference,
          comparison: comparisons?.find(({ variationId }) => variationId === variation.variationId),
        })
      }),
    ),
    h(
      'tfoot',
      { 'aria-hidden': 'true' },
      h(
        'tr',
        {},
        h('td', { colspan: 4 }),
        h('td', { class: 'drawing' }, axis(scale)),
        h('td', { colspan: 2 }),
      ),
    ),
  )
}

/**
 * @param {VariationResult} variation
 * @param {Scale} scale
 * @param {{ name: string, isBaseline: boolean, index: number, reference: number | undefined,
 *   comparison: Comparison | undefined }} more
 */
function rateRow(
  { variationId, users, conversions, rate, probabilityBest, uplift },
  scale,
  { name, isBaseline, index, reference, comparison },
) {
  const cell = (/** @type {string} */ label, /** @type {string} */ text, className = 'number') =>
    h('td', { role: 'cell', class: className, 'data-label': label }, text)
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
    cell('Conversions', integer(conversions)),
    h(
      'td',
      { role: 'cell', class: 'estimate number', 'data-label': 'Rate (95 %)' },
      ...(rate
        ? [percent(rate.mean), h('span', {}, ` (${percent(rate.q025)} to ${percent(rate.q975)})`)]
        : ['no users yet']),
    ),
    h(
      'td',
      { role: 'cell', class: 'drawing' },
      rate
        ? interval(scale, {
            low: rate.q025,
            middle: rate.mean,
            high: rate.q975,
            reference,
            tone: tone(index),
          })
        : undefined,
    ),
    cell('P(best)', probabilityBest?.toFixed(3) ?? '–'),
    h(
      'td',
      { role: 'cell', class: 'estimate uplift', 'data-label': 'Lift (95 %)' },
      ...(isBaseline ? ['–'] : comparison ? liftWords(comparison) : uplift ? upliftWords(uplift) : ['–']),
    ),
  )
}

/**
 * The interval holds at all looks together, and is the one that decides.
 * @param {Comparison} comparison
 */
function liftWords({ relative, outcome, reason }) {
  if (!relative) return [reason ?? statusWords(outcome)]
  const { estimate, low, high } = relative
  const range = `${signedPercent(low)} to ${high === null ? 'no bound' : signedPercent(high)}`
  return [signedPercent(estimate), h('span', {}, ` (${range}), ${statusWords(outcome)}`)]
}

/** @param {NonNullable<VariationResult['uplift']>} uplift */
const upliftWords = ({ mean, q025, q975 }) => [
  mean === null ? 'no mean' : signedPercent(mean),
  h('span', {}, ` (${signedPercent(q025)} to ${signedPercent(q975)})`),
]

/** @param {ExperimentResult['health']} health */
function healthSection({ status, checks }) {
  return h(
    'div',
    { class: 'health' },
    h('h4', {}, healthTitles[status] ?? capital(statusWords(status))),
    h('ul', {}, ...checks.map(healthItem)),
  )
}

/** @type {Record<string, string>} */
const healthTitles = { green: 'Healthy', amber: 'Healthy so far', red: 'Not healthy' }
/** @type {Record<string, string>} */
const marks = { passed: '✓', failed: '✗', skipped: '–', 'too-early': '…' }

/**
 * A status of the API as a reader knows it.
 * @param {string} status
 */
const statusWords = (status) => (status === 'too-early' ? 'too early to tell' : status.replaceAll('-', ' '))

/** @param {HealthCheck} check */
const healthItem = ({ name, status, detail }) =>
  h(
    'li',
    { class: status },
    h('span', { class: 'mark', 'aria-hidden': 'true' }, marks[status] ?? '?'),
    h(
      'span',
      {},
      h('strong', {}, `${capital(name.replaceAll('-', ' '))}: ${statusWords(status)}.`),
      ` ${detail}`,
    ),
  )

/** @param {EngineReport} engine */
function engineWords(engine) {
  if (engine.kind === 'exact') return `exact, by ${engine.method}; nothing was sampled`
  if (engine.kind !== 'cmdstan' && engine.kind !== 'stan-native')
    return /** @type {{ kind: string }} */ (engine).kind
  const { kind, stanVersion, model, modelSha256, chains, warmup, draws, host } = engine
  return h(
    'span',
    {},
    `${kind} ${stanVersion}, model ${model} `,
    h('code', { title: modelSha256 }, modelSha256.slice(0, 12)),
    `, ${chains} chains of ${integer(draws)} draws after ${integer(warmup)} of warm-up`,
    host ? `, on ${host}` : undefined,
  )
}

/**
 * @param {EngineReport} engine
 * @returns {[string, string][]}
 */
function samplerFacts(engine) {
  if (!('rhatMax' in engine)) return []
  const { rhatMax, essBulkMin, essTailMin, divergences, maxTreedepthHits, seed } = engine
  return [
    ['R-hat', `at most ${rhatMax.toFixed(4)}`],
    [
      'ESS',
      `at least ${integer(Math.floor(essBulkMin))} in the bulk, ` +
        `${integer(Math.floor(essTailMin))} in the tails`,
    ],
    [
      'Divergences',
      `${divergences}${maxTreedepthHits > 0 ? `, and ${maxTreedepthHits} hits of the tree depth limit` : ''}`,
    ],
    ['Seed', String(seed)],
  ]
}
