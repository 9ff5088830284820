// The closed form of the conversion model: Beta posteriors, compared by quadrature. It is the engine if Stan
// is not built, and the oracle that Stan is tested against.
import type { Prior, UpliftSummary, VariationPosterior } from '../../core/model/experiment-result.ts'
import { ok } from '../../core/model/problem.ts'
import { betaOf, cumulative, densityOfLogOdds, fromLogOdds, quantile, type Beta } from './beta.ts'
import type { Counts, Engine, FitInput } from './fit.ts'
import { nodesOver } from './quadrature.ts'
import { crossing } from './root.ts'

export const exactEngine: Engine = {
  fit: async (input) =>
    ok({ engine: { kind: 'exact', method: 'beta-binomial quadrature' }, variations: exactPosteriors(input) }),
}

export function exactPosteriors(input: Omit<FitInput, 'seed'>): VariationPosterior[] {
  const posteriors = posteriorsOf(input)
  const baseline = baselineIn(input)
  return exactStandings(input).map((standing, k) => ({
    ...standing,
    uplift: k === baseline ? null : uplift(posteriors[k]!, posteriors[baseline]!),
  }))
}

/** Without the uplift, which takes most of the time. */
export function exactStandings(input: Omit<FitInput, 'seed'>): Omit<VariationPosterior, 'uplift'>[] {
  const posteriors = posteriorsOf(input)
  // Fewer is better: then more of those who do not convert are.
  const ranked = input.direction === 'decrease' ? posteriors.map(mirrored) : posteriors
  const comparison = compare(ranked, baselineIn(input))
  return input.variations.map(({ variationId }, k) => ({
    variationId,
    rate: rateOf(posteriors[k]!),
    ...comparison[k]!,
  }))
}

const posteriorsOf = ({ variations, prior }: Pick<FitInput, 'variations' | 'prior'>): Beta[] =>
  variations.map((counts) => posteriorOf(counts, prior))

const baselineIn = ({
  variations,
  baselineVariationId,
}: Pick<FitInput, 'variations' | 'baselineVariationId'>) =>
  variations.findIndex(({ variationId }) => variationId === baselineVariationId)

const posteriorOf = ({ users, conversions }: Counts, prior: Prior): Beta =>
  betaOf(prior.alpha + conversions, prior.beta + users - conversions)

const mirrored = ({ alpha, beta }: Beta): Beta => betaOf(beta, alpha)

const rateOf = (posterior: Beta) => ({
  mean: posterior.mean,
  sd: posterior.sd,
  q025: quantile(posterior, 0.025),
  median: quantile(posterior, 0.5),
  q975: quantile(posterior, 0.975),
})

type Comparison = Pick<VariationPosterior, 'probabilityBest' | 'probabilityBeatsBaseline' | 'expectedLoss'>

/**
 * P(k is best) is the integral of f_k times the product of the others' F. E[max] is the sum over k of E[p_k;
 * k is best].
 */
function compare(posteriors: readonly Beta[], baseline: number): Comparison[] {
  const best = posteriors.map(() => 0)
  const beats = posteriors.map(() => 0)
  let highest = 0
  const low = Math.min(...posteriors.map((posterior) => posterior.low))
  const high = Math.max(...posteriors.map((posterior) => posterior.high))
  for (const { t, weight } of nodesOver(posteriors, low, high)) {
    const p = fromLogOdds(t)
    const below = posteriors.map((posterior) => cumulative(posterior, p))
    posteriors.forEach((posterior, k) => {
      const mass = weight * densityOfLogOdds(posterior, t)
      if (mass === 0) return
      const others = below.reduce((product, value, j) => (j === k ? product : product * value), 1)
      best[k]! += mass * others
      highest += mass * others * p
      if (k !== baseline) beats[k]! += mass * below[baseline]!
    })
  }
  // The probabilities sum to 1: dividing by their sum removes the common rounding error, 1e-10 at ten million
  // users.
  const total = best.reduce((sum, probability) => sum + probability, 0)
  return posteriors.map(({ mean }, k) => ({
    probabilityBest: best[k]! / total,
    probabilityBeatsBaseline: Math.min(1, beats[k]!),
    expectedLoss: Math.max(0, highest / total - mean),
  }))
}

function uplift(variation: Beta, baseline: Beta): UpliftSummary {
  const logRatio = (probability: number) =>
    crossing(
      (log) => ratioBelow(variation, baseline, log),
      probability,
      quantileLog(variation, 1e-9) - quantileLog(baseline, 1 - 1e-9),
      quantileLog(variation, 1 - 1e-9) - quantileLog(baseline, 1e-9),
    )
  return {
    mean: upliftMeanExists(baseline.alpha) ? meanRatio(variation, baseline) - 1 : null,
    q025: Math.expm1(logRatio(0.025)),
    q975: Math.expm1(logRatio(0.975)),
  }
}

/**
 * E[1 / p] of a Beta is finite only for an alpha above 1. Otherwise a sample mean of the uplift depends on
 * its largest draw alone.
 */
export const upliftMeanExists = (baselineAlpha: number): boolean => baselineAlpha > 1

const meanRatio = (variation: Beta, { alpha, beta }: Beta): number =>
  variation.mean * ((alpha + beta - 1) / (alpha - 1))

const quantileLog = (posterior: Beta, probability: number): number =>
  Math.log(quantile(posterior, probability))

/**
 * P(variation / baseline <= exp(logRatio)). Integrates over the larger one, so the other's argument stays in
 * (0, 1).
 */
function ratioBelow(variation: Beta, baseline: Beta, logRatio: number): number {
  const ratio = Math.exp(logRatio)
  return ratio <= 1 ? below(baseline, variation, ratio) : 1 - below(variation, baseline, 1 / ratio)
}

/** P(q <= factor * p), for a factor of at most 1. */
function below(p: Beta, q: Beta, factor: number): number {
  const scales = [p, stepOf(q, factor)]
  let sum = 0
  for (const { t, weight } of nodesOver(scales, p.low, p.high)) {
    const density = densityOfLogOdds(p, t)
    if (density > 0) sum += weight * density * cumulative(q, factor * fromLogOdds(t))
  }
  return sum
}

/** Where F(factor * p) rises from 0 to 1 on the log-odds scale, and how steeply. */
function stepOf(q: Beta, factor: number) {
  const p = Math.min(q.mean / factor, 0.99)
  return { centre: Math.log(p / (1 - p)), spread: q.sd / (factor * p * (1 - p)) }
}
