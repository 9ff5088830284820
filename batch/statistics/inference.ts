// From an effect (estimate, variance, users, scale) to what is said about it. Nothing here knows a metric.
import type { Effect } from './effect.ts'
import { alphaDefault, mixtureRatio } from '../../core/statistics/levels.ts'
import { normalCumulative, normalDensity, quantileOfNormal } from '../../core/statistics/normal.ts'
import { crossing } from './root.ts'

/** Without a plan, the standard deviation of log odds ratios to expect: most lifts are within 15 %. */
export const expectedLogOdds = 0.15

/** How wide the mixture is: from the users planned in both arms, or a standard deviation of the effects. */
export type Tuning = { readonly usersPlanned: number } | { readonly expectedEffect: number }

export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * The always-valid sequence: the normal mixture (Robbins 1970; Howard and others 2021; Waudby-Smith and
 * others, arXiv:2103.06476). It covers the truth at all looks at once with a probability of 1 - alpha, and
 * excludes 0 exactly when the factor reaches 1 / alpha. With R = r* n / N* (or tau^2 / v):
 * half width = sqrt(v (1 + 1/R) (ln(1 + R) - 2 ln alpha)); ln e = est^2 / v R / (2 (1 + R)) - ln(1 + R) / 2.
 */
export interface Sequence extends Interval {
  /** The natural logarithm of the Bayes factor for some effect against none, an e-value. */
  readonly logFactor: number
  /** At a tenth of alpha: covers at least 90 % of winners' truths wherever the power is at least alpha. */
  readonly cautious: Interval
}

export function sequenceOf(effect: Effect, tuning: Tuning, alpha = alphaDefault): Sequence {
  const { estimate, variance } = effect
  const ratio = ratioOf(tuning, effect, alpha)
  const around = (level: number): Interval => {
    const half = Math.sqrt(variance * (1 + 1 / ratio) * (Math.log1p(ratio) - 2 * Math.log(level)))
    return { low: estimate - half, high: estimate + half }
  }
  const logFactor = ((estimate ** 2 / variance) * ratio) / (2 * (1 + ratio)) - Math.log1p(ratio) / 2
  return { ...around(alpha), logFactor, cautious: around(alpha / 10) }
}

/** For one look at a planned time. */
export function fixedInterval({ estimate, variance }: Effect, alpha = alphaDefault): Interval {
  const half = quantileOfNormal(1 - alpha / 2) * Math.sqrt(variance)
  return { low: estimate - half, high: estimate + half }
}

export interface Posterior extends Interval {
  readonly mean: number
  readonly sd: number
  readonly probabilityPositive: number
  /** What choosing the arm gives up on average, in the effect's unit: E[max(0, -effect)]. */
  readonly expectedLoss: number
}

/** With a normal prior around 0; `priorSd` Infinity is the flat one. */
export function posteriorOf({ estimate, variance }: Effect, priorSd = Infinity): Posterior {
  const shrinkage = priorSd === Infinity ? 1 : priorSd ** 2 / (priorSd ** 2 + variance)
  const mean = shrinkage * estimate
  const sd = Math.sqrt(shrinkage * variance)
  const half = quantileOfNormal(0.975) * sd
  return {
    mean,
    sd,
    low: mean - half,
    high: mean + half,
    probabilityPositive: normalCumulative(mean / sd),
    expectedLoss: sd * normalDensity(mean / sd) - mean * normalCumulative(-mean / sd),
  }
}

/**
 * The one-sided sequence: evidence that an effect is above 0, and the bound below it that holds at all looks
 * at once. The mixture is over positive effects only (half normal), so it is an e-value wherever the effect
 * is at most 0: ln e = ln 2 - ln(1 + R) / 2 + x^2 / 2 + ln Phi(x), x = z sqrt(R / (1 + R)) (Waudby-Smith and
 * others, arXiv:2103.06476, section B.1; Robbins 1970).
 */
export interface OneSided {
  readonly logFactor: number
  /** In standard errors: the effect is shown to be above the estimate less so many. */
  readonly errors: number
}

export function oneSidedSequence(
  { estimate, variance, n }: Effect,
  tuning: Tuning,
  alpha = alphaDefault,
): OneSided {
  const ratio = ratioOf(tuning, { variance, n }, alpha)
  const logFactorAt = (z: number): number => {
    const x = z * Math.sqrt(ratio / (1 + ratio))
    return Math.LN2 - Math.log1p(ratio) / 2 + logMills(x)
  }
  return {
    logFactor: logFactorAt(estimate / Math.sqrt(variance)),
    errors: crossing(logFactorAt, -Math.log(alpha), 0, errorsMax),
  }
}

/** x^2 / 2 + ln Phi(x); far below 0 by the series of Mills' ratio, where Phi itself would be 0. */
function logMills(x: number): number {
  if (x > -10) return x ** 2 / 2 + Math.log(normalCumulative(x))
  const inverse = 1 / x ** 2
  return Math.log((1 - inverse * (1 - 3 * inverse)) / (-x * Math.sqrt(2 * Math.PI)))
}

/** Beyond any bound: the mixture's is about sqrt(2 ln(1 / alpha) + ln(R)). */
const errorsMax = 100

const ratioOf = (tuning: Tuning, { variance, n }: Pick<Effect, 'variance' | 'n'>, alpha: number): number =>
  'usersPlanned' in tuning
    ? (mixtureRatio(alpha) * n) / tuning.usersPlanned
    : tuning.expectedEffect ** 2 / variance

export interface NonInferiority {
  readonly z: number
  readonly probability: number
  /** One-sided. */
  readonly low: number
  readonly isNonInferior: boolean
}

/** Whether the effect is above -margin, one-sided, at one planned look (Schumi and Wittes 2011). */
export function nonInferiority(
  { estimate, variance }: Effect,
  margin: number,
  alpha = alphaDefault,
): NonInferiority {
  const error = Math.sqrt(variance)
  const z = (estimate + margin) / error
  const low = estimate - quantileOfNormal(1 - alpha) * error
  return { z, probability: normalCumulative(-z), low, isNonInferior: low > -margin }
}

export interface NonInferiorityAtAllLooks {
  /** Natural logarithms of e-values: for an effect above -margin, and for one below it. */
  readonly kept: number
  readonly broken: number
  /** One-sided, at all looks at once; above -margin exactly when `kept` reaches 1 / alpha. */
  readonly low: number
  /** `low` in standard errors below the estimate. */
  readonly errors: number
}

/**
 * The same question at every look. `tunings`: what is kept is mostly better than the margin by the margin, as
 * nothing differs; what is broken, by as much as effects are.
 */
export function nonInferiorityAtAllLooks(
  effect: Effect,
  margin: number,
  tunings: { readonly kept: Tuning; readonly broken: Tuning },
  alpha = alphaDefault,
): NonInferiorityAtAllLooks {
  const beyond = { ...effect, estimate: effect.estimate + margin }
  const { logFactor: kept, errors } = oneSidedSequence(beyond, tunings.kept, alpha)
  const below = { ...beyond, estimate: -beyond.estimate }
  const { logFactor: broken } = oneSidedSequence(below, tunings.broken, alpha)
  return { kept, broken, low: effect.estimate - errors * Math.sqrt(effect.variance), errors }
}
