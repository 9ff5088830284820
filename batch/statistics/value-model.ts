// Values per user by a model of who pays and how much, where an engine has one: what it is asked from exact
// sums, and what a result says of its answer. Else the closed form stands in, and says why.
import type { EngineReport } from '../../core/model/engine-report.ts'
import type { VariationResult } from '../../core/model/experiment-result.ts'
import { capOf } from '../../core/model/goal-metric.ts'
import type { ValueModel } from '../../core/model/metric-report.ts'
import type { BetaPrior } from '../../core/statistics/prior.ts'
import { logsOf, meanValueOf } from './exact-sums.ts'
import {
  because,
  type Direction,
  type Engine,
  type PayingArm,
  stanFailed,
  type ValueFit,
  type ValueInput,
} from './fit.ts'
import { usersHave } from './words.ts'
import { isMeasured, type MeasuredMetric, metricVariations } from './measure-metric.ts'

/**
 * In each variation. The prior of the logarithms weighs (spread / 2)^2 payers: with fewer than 20, more than
 * three percent of what is said would be the prior's.
 */
export const payersMin = 20
/**
 * A check of the model beyond it, on either side, and the closed form is more to be trusted. Log-normal
 * values are seldom beyond: both means are of the same values.
 */
export const misfitProbability = 0.05

interface ValueQuestion {
  readonly baselineVariationId: string
  /** Of the share who pay. */
  readonly prior: BetaPrior
  readonly seed: number
}

export interface FittedValues {
  readonly engine: EngineReport
  readonly variations: readonly VariationResult[]
  /** Undefined if the closed form stands in. */
  readonly model: ValueModel | undefined
}

/**
 * In the order of the counts. The closed form stays where the engine has no model of values, where the metric
 * is none of values per user, and where nothing can be said at all.
 */
export async function fitValues(
  metric: MeasuredMetric,
  question: ValueQuestion,
  direction: Direction,
  ask: Engine['values'],
): Promise<FittedValues> {
  const { kind } = metric.definition
  const closed = metricVariations(metric, question.baselineVariationId, direction)
  const method =
    kind === 'value-per-converter'
      ? 'normal-inverse-gamma posterior of the mean'
      : 'normal posterior from sums, pooled variance'
  const instead = (why?: string): FittedValues => ({
    engine: { kind: 'exact', method: why === undefined ? method : `${method}${because}${why}` },
    variations: closed,
    model: undefined,
  })
  const isCompared = closed.some(({ probabilityBest }) => probabilityBest !== null)
  if (!ask || !isCompared || kind !== 'value') return instead()
  const input = toInput(metric, question, direction)
  if (input === undefined) return instead()
  if ('reason' in input) return instead(input.reason)
  const fit = await ask(input)
  if (!fit.ok) return instead(fit.problem.code === 'INVALID' ? fit.problem.message : stanFailed)
  if (isMisfit(fit.value)) return instead('the values are not spread as log-normal ones')
  const { engine, model } = fit.value
  return { engine, model, variations: closed.map((one) => withFit(one, fit.value)) }
}

/** Undefined if the sums are of an earlier release, which counted no logarithms. */
function toInput(
  { counts, byVariation, definition }: MeasuredMetric,
  { baselineVariationId, prior: { alpha, beta }, seed }: ValueQuestion,
  direction: Direction,
): ValueInput | { readonly reason: string } | undefined {
  const arms: PayingArm[] = []
  for (const { variationId, users } of counts.filter(isMeasured)) {
    const sums = byVariation.get(variationId)
    if (!sums?.logs) return undefined
    const { negatives, payers } = sums.logs
    if (negatives > 0) return { reason: `in ${variationId}, ${usersHave(negatives)} a value below 0` }
    if (payers < payersMin)
      return {
        reason: `in ${variationId}, ${usersHave(payers)} a value above 0, and ${payersMin} are needed`,
      }
    arms.push({ variationId, users, payers, ...logsOf(sums.logs), ...meanValueOf(sums, payers) })
  }
  const payers = arms.reduce((sum, arm) => sum + arm.payers, 0)
  const location = arms.reduce((sum, arm) => sum + arm.payers * arm.meanLog, 0) / payers
  const same = arms.find(({ meanError, squaresLog }) => !(meanError > 0 && squaresLog > 0))
  if (same) return { reason: `in ${same.variationId}, all values above 0 are equal` }
  return {
    arms,
    baselineVariationId,
    prior: { alpha, beta },
    location,
    cap: capOf(definition),
    direction,
    seed,
  }
}

const isMisfit = ({ model }: ValueFit): boolean =>
  model.checks.some(({ probability }) => Math.min(probability, 1 - probability) < misfitProbability)

function withFit(one: VariationResult, { variations }: ValueFit): VariationResult {
  const found = variations.find(({ variationId }) => variationId === one.variationId)
  if (!found || !one.value) return one
  const { posterior, difference, ...standing } = found
  return { ...one, ...standing, value: { ...one.value, posterior, difference } }
}
