// The Beta distribution on the log-odds scale, on which it is smooth, has one peak and no end points.
import betainc from '@stdlib/math-base-special-betainc'
import betaln from '@stdlib/math-base-special-betaln'
import { crossing } from './root.ts'

// @stdlib's incomplete beta is accurate to 1e-13. jstat's is off by 0.4 % at ten million users, lib-r-math's
// by 3e-4 at twenty.

export interface Beta {
  readonly alpha: number
  readonly beta: number
  readonly mean: number
  readonly sd: number
  /** Mode and curvature of the density on the log-odds scale. */
  readonly centre: number
  readonly spread: number
  /** Log-odds outside of which less than 1e-16 of the mass lies. */
  readonly low: number
  readonly high: number
  readonly logNormaliser: number
}

// In the tails the density falls as exp(-shape * |t|), more slowly than a normal: a small shape needs a
// longer reach.
const reach = (shape: number, spread: number): number => 12 * spread + 40 / shape

export function betaOf(alpha: number, beta: number): Beta {
  const total = alpha + beta
  const centre = Math.log(alpha / beta)
  const spread = Math.sqrt(1 / alpha + 1 / beta)
  return {
    alpha,
    beta,
    mean: alpha / total,
    sd: Math.sqrt((alpha / total) * (beta / total) * (1 / (total + 1))),
    centre,
    spread,
    low: centre - reach(alpha, spread),
    high: centre + reach(beta, spread),
    logNormaliser: betaln(alpha, beta),
  }
}

export const fromLogOdds = (t: number): number => 1 / (1 + Math.exp(-t))

export const cumulative = ({ alpha, beta }: Beta, p: number): number =>
  p <= 0 ? 0 : p >= 1 ? 1 : betainc(p, alpha, beta)

/** Density with respect to log-odds. */
export const densityOfLogOdds = ({ alpha, beta, logNormaliser }: Beta, t: number): number =>
  Math.exp(-alpha * Math.log1p(Math.exp(-t)) - beta * Math.log1p(Math.exp(t)) - logNormaliser)

export const quantile = (distribution: Beta, probability: number): number =>
  fromLogOdds(
    crossing(
      (t) => cumulative(distribution, fromLogOdds(t)),
      probability,
      distribution.low,
      distribution.high,
    ),
  )
