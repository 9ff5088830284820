// What is known of the mean of one arm, as a distribution, and how arms compare: the probabilities to be best
// and to beat the baseline, and what a choice gives up. Independent arms, by quadrature.
import betainc from '@stdlib/math-base-special-betainc'
import betaln from '@stdlib/math-base-special-betaln'
import { normalCumulative, normalDensity, quantileOfNormal } from '../../core/statistics/normal.ts'
import type { Measure } from './effect.ts'
import { nodesOver } from './quadrature.ts'
import { crossing } from './root.ts'

export interface Marginal {
  readonly mean: number
  readonly sd: number
  /** In its own units, around the mean. */
  readonly spread: number
  /** Spreads outside of which less than 1e-13 of the mass lies. */
  readonly reach: number
  density(x: number): number
  cumulative(x: number): number
  quantile(probability: number): number
}

export const normalMarginal = (mean: number, sd: number): Marginal => ({
  mean,
  sd,
  spread: sd,
  reach: 12,
  density: (x) => normalDensity((x - mean) / sd) / sd,
  cumulative: (x) => normalCumulative((x - mean) / sd),
  quantile: (probability) => mean + sd * quantileOfNormal(probability),
})

/** Student's t, moved and stretched. More than two degrees of freedom, so that it has a variance. */
export function studentMarginal(mean: number, scale: number, degrees: number): Marginal {
  const logNormaliser = Math.log(scale) + Math.log(degrees) / 2 + betaln(degrees / 2, 0.5)
  const reach = 1e3
  const density = (x: number): number => {
    const t = (x - mean) / scale
    return Math.exp((-(degrees + 1) / 2) * Math.log1p(t ** 2 / degrees) - logNormaliser)
  }
  const cumulative = (x: number): number => {
    const t = (x - mean) / scale
    const tail = betainc(degrees / (degrees + t ** 2), degrees / 2, 0.5) / 2
    return t > 0 ? 1 - tail : tail
  }
  return {
    mean,
    sd: scale * Math.sqrt(degrees / (degrees - 2)),
    spread: scale,
    reach,
    density,
    cumulative,
    quantile: (probability) => crossing(cumulative, probability, mean - reach * scale, mean + reach * scale),
  }
}

/** A posterior of a mean and variance: theta is Student's t with 2 alpha degrees around mu. */
export interface NormalInverseGamma {
  readonly mu: number
  readonly kappa: number
  readonly alpha: number
  readonly beta: number
}

/**
 * One for each arm, with a prior as strong as one unit: the mean of all units and the pooled variance,
 * kappa = alpha = 1 (Murphy 2007; Bucketeer's normal_inverse_gamma.go). A measure's variance has the
 * divisor n.
 */
export function normalInverseGammas(measures: readonly Measure[]): NormalInverseGamma[] {
  const n = sum(measures.map((one) => one.n))
  const mu0 = sum(measures.map((one) => one.n * one.mean)) / n
  const squares = measures.map((one) => one.n * one.variance)
  const beta0 = sum(squares) / sum(measures.map((one) => one.n - 1))
  return measures.map((one, k) => ({
    mu: (mu0 + one.n * one.mean) / (1 + one.n),
    kappa: 1 + one.n,
    alpha: 1 + one.n / 2,
    beta: beta0 + squares[k]! / 2 + (one.n * (one.mean - mu0) ** 2) / (2 * (1 + one.n)),
  }))
}

export const marginalOf = ({ mu, kappa, alpha, beta }: NormalInverseGamma): Marginal =>
  studentMarginal(mu, Math.sqrt(beta / (alpha * kappa)), 2 * alpha)

export interface Standing {
  readonly probabilityBest: number
  /** 0 for the baseline itself. */
  readonly probabilityBeatsBaseline: number
  /** In the unit of the means: what is given up on average by choosing the arm. */
  readonly expectedLoss: number
}

/** `baseline` is an index. Best is the highest, or with `decrease` the lowest. */
export function standings(
  marginals: readonly Marginal[],
  baseline: number,
  direction: 'increase' | 'decrease',
): Standing[] {
  const arms = direction === 'increase' ? marginals : marginals.map(mirrored)
  const best = arms.map(() => 0)
  const beats = arms.map(() => 0)
  // Integrals are over the distance to the highest mean, so that losses do not cancel.
  const top = Math.max(...arms.map(({ mean }) => mean))
  let highest = 0
  const scales = arms.map(({ mean, spread }) => ({ centre: mean, spread }))
  const low = Math.min(...arms.map(({ mean, spread, reach }) => mean - reach * spread))
  const high = Math.max(...arms.map(({ mean, spread, reach }) => mean + reach * spread))
  for (const { t, weight } of nodesOver(scales, low, high)) {
    const below = arms.map((arm) => arm.cumulative(t))
    for (const [k, arm] of arms.entries()) {
      const mass = weight * arm.density(t)
      if (mass === 0) continue
      const others = below.reduce((product, value, j) => (j === k ? product : product * value), 1)
      best[k]! += mass * others
      highest += mass * others * (t - top)
      if (k !== baseline) beats[k]! += mass * below[baseline]!
    }
  }
  // They sum to 1, but for rounding.
  const total = sum(best)
  return arms.map(({ mean }, k) => ({
    probabilityBest: best[k]! / total,
    probabilityBeatsBaseline: Math.min(1, beats[k]!),
    expectedLoss: Math.max(0, highest / total - (mean - top)),
  }))
}

const mirrored = (one: Marginal): Marginal => ({
  ...one,
  mean: -one.mean,
  density: (x) => one.density(-x),
  cumulative: (x) => 1 - one.cumulative(-x),
})

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
