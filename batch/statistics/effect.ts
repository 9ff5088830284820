// From sufficient statistics of two arms to an effect: an estimate with its variance, on a scale. Four pure
// functions, one for each kind of metric. Whatever follows (inference.ts, fixed-horizon.ts) knows no metric.

/** What a user's value, its denominator and its value before the experiment add up to, in one arm. */
export interface Statistics {
  /** Users. */
  readonly n: number
  /** Of a user's value y, after `centre` was subtracted. */
  readonly sumY: number
  readonly sumYY: number
  /** Subtracted from each y before summing, so that squares do not cancel. The same in both arms. */
  readonly centre?: number
}

/** A ratio of sums, such as orders per session: d is a user's denominator. No centre. */
export interface RatioStatistics extends Statistics {
  readonly sumD: number
  readonly sumDD: number
  readonly sumYD: number
}

/** x is the user's value before the first exposure. */
export interface AdjustedStatistics extends Statistics {
  readonly sumX: number
  readonly sumXX: number
  readonly sumXY: number
}

export interface Proportion {
  readonly users: number
  readonly conversions: number
}

/** `relative`: 0.1 is ten percent more than the baseline. */
export type Scale = 'difference' | 'relative' | 'log-odds'

export interface Effect {
  readonly kind: 'effect'
  readonly estimate: number
  readonly variance: number
  /** Users of both arms. */
  readonly n: number
  readonly scale: Scale
}

export type NoEffectReason =
  | 'empty-arm'
  | 'more-conversions-than-users'
  | 'no-variance'
  | 'baseline-near-zero'
  | 'not-finite'
/** A named outcome instead of a number that looks like an answer. */
export interface NoEffect {
  readonly kind: 'none'
  readonly reason: NoEffectReason
}

/**
 * The log odds ratio. Half a conversion is added on each side (Haldane 1956, Anscombe 1956), so zero
 * conversions give a number too.
 */
export function proportionEffect(baseline: Proportion, arm: Proportion): Effect | NoEffect {
  const invalid = problemOf(baseline) ?? problemOf(arm)
  if (invalid) return none(invalid)
  return effect({
    estimate: logOdds(arm) - logOdds(baseline),
    variance: logOddsVariance(arm) + logOddsVariance(baseline),
    n: baseline.users + arm.users,
    scale: 'log-odds',
  })
}

function problemOf({ users, conversions }: Proportion): NoEffectReason | undefined {
  if (!Number.isFinite(users) || !Number.isFinite(conversions) || conversions < 0) return 'not-finite'
  if (users === 0) return 'empty-arm'
  return conversions > users ? 'more-conversions-than-users' : undefined
}

const logOdds = ({ users, conversions }: Proportion): number =>
  Math.log((conversions + 0.5) / (users - conversions + 0.5))

const logOddsVariance = ({ users, conversions }: Proportion): number =>
  1 / (conversions + 0.5) + 1 / (users - conversions + 0.5)

/**
 * The difference of means with the pooled variance (nA sA^2 + nB sB^2) / (nA + nB) (1 / nA + 1 / nB). With
 * each arm's own variance, a small arm that happens to lack a large order has both a low mean and a small
 * variance, and names false winners in 6 to 20 % at 90/10 with heavy tails.
 */
export function meanEffect(baseline: Statistics, arm: Statistics): Effect | NoEffect {
  const [a, b] = [momentsOf(baseline), momentsOf(arm)]
  if (!a || !b) return none(baseline.n > 0 && arm.n > 0 ? 'not-finite' : 'empty-arm')
  const pooled = (a.n * a.variance + b.n * b.variance) / (a.n + b.n)
  return effect({
    estimate: b.mean - a.mean,
    variance: pooled * (1 / a.n + 1 / b.n),
    n: a.n + b.n,
    scale: 'difference',
  })
}

/**
 * The relative lift of means by the delta method (Deng, Knoblich and Lu 2018, arXiv:1803.06336), each arm
 * with its own variance.
 */
export function relativeEffect(baseline: Statistics, arm: Statistics): Effect | NoEffect {
  const [a, b] = [momentsOf(baseline), momentsOf(arm)]
  if (!a || !b) return none(baseline.n > 0 && arm.n > 0 ? 'not-finite' : 'empty-arm')
  return liftOf(
    { mean: a.mean, variance: a.variance / (a.n - 1), n: a.n },
    { mean: b.mean, variance: b.variance / (b.n - 1), n: b.n },
  )
}

/** The relative lift of a ratio of sums by the delta method; users are the units, never their sessions. */
export function ratioEffect(baseline: RatioStatistics, arm: RatioStatistics): Effect | NoEffect {
  const [a, b] = [ratioOf(baseline), ratioOf(arm)]
  if (!a || !b) return none(baseline.n > 0 && arm.n > 0 ? 'not-finite' : 'empty-arm')
  return liftOf(a, b)
}

/** The variance of the ratio: (s_m^2 - 2 R s_md + R^2 s_d^2) / mean_d^2 / n, with divisors n - 1. */
export function ratioOf({ n, sumY, sumYY, sumD, sumDD, sumYD }: RatioStatistics): Estimate | undefined {
  if (!(n > 1) || !(sumD !== 0)) return undefined
  const ratio = sumY / sumD
  const denominator = sumD / n
  const spread =
    covariance(n, sumY, sumY, sumYY) -
    2 * ratio * covariance(n, sumY, sumD, sumYD) +
    ratio ** 2 * covariance(n, sumD, sumD, sumDD)
  return finite({ mean: ratio, variance: ((n / (n - 1)) * spread) / denominator ** 2 / n, n })
}

/**
 * The difference of means, adjusted by what users did before the experiment (CUPED: Deng, Xu, Kohavi and
 * Walker 2013). One theta for both arms; `gain` is the share of the variance that remains, 1 - rho^2.
 */
export function adjustedEffect(
  baseline: AdjustedStatistics,
  arm: AdjustedStatistics,
): (Effect & { readonly theta: number; readonly gain: number }) | NoEffect {
  if (!(baseline.n > 1 && arm.n > 1)) return none('empty-arm')
  const n = baseline.n + arm.n
  const joined = (field: 'sumX' | 'sumXX' | 'sumXY' | 'sumY') => baseline[field] + arm[field]
  const spreadX = covariance(n, joined('sumX'), joined('sumX'), joined('sumXX'))
  // Nobody did anything before the experiment: there is nothing to adjust by.
  const theta = spreadX > 0 ? covariance(n, joined('sumX'), joined('sumY'), joined('sumXY')) / spreadX : 0
  const arms = [baseline, arm].map((one) => {
    const y = covariance(one.n, one.sumY, one.sumY, one.sumYY)
    const x = covariance(one.n, one.sumX, one.sumX, one.sumXX)
    const xy = covariance(one.n, one.sumX, one.sumY, one.sumXY)
    return {
      mean: (one.sumY - theta * one.sumX) / one.n,
      variance: (y - 2 * theta * xy + theta ** 2 * x) / (one.n - 1),
      raw: y / (one.n - 1),
    }
  })
  const [a, b] = arms as [(typeof arms)[0], (typeof arms)[0]]
  const adjusted = effect({
    estimate: b.mean - a.mean,
    variance: a.variance + b.variance,
    n,
    scale: 'difference',
  })
  if (adjusted.kind === 'none') return adjusted
  return { ...adjusted, theta, gain: adjusted.variance / (a.raw + b.raw) }
}

/** A mean or ratio with the variance of that figure. */
interface Estimate {
  readonly mean: number
  readonly variance: number
  readonly n: number
}

/** V = vB / mA^2 + mB^2 vA / mA^4. Refused if the baseline's mean is within two standard errors of 0. */
function liftOf(a: Estimate, b: Estimate): Effect | NoEffect {
  if (!(Math.abs(a.mean) > 2 * Math.sqrt(a.variance))) return none('baseline-near-zero')
  return effect({
    estimate: b.mean / a.mean - 1,
    variance: b.variance / a.mean ** 2 + (b.mean ** 2 * a.variance) / a.mean ** 4,
    n: a.n + b.n,
    scale: 'relative',
  })
}

/** Mean and variance (divisor n) of one arm; undefined if they are no numbers. */
function momentsOf({ n, sumY, sumYY, centre = 0 }: Statistics): Estimate | undefined {
  if (!(n > 1)) return undefined
  return finite({ mean: centre + sumY / n, variance: covariance(n, sumY, sumY, sumYY), n })
}

/** With divisor n. */
const covariance = (n: number, sumA: number, sumB: number, sumAB: number): number =>
  sumAB / n - (sumA / n) * (sumB / n)

const finite = (estimate: Estimate): Estimate | undefined =>
  [estimate.mean, estimate.variance].every(Number.isFinite) && estimate.variance >= 0 ? estimate : undefined

const none = (reason: NoEffectReason): NoEffect => ({ kind: 'none', reason })

function effect(given: Omit<Effect, 'kind'>): Effect | NoEffect {
  if (!Number.isFinite(given.estimate) || !Number.isFinite(given.variance)) return none('not-finite')
  return given.variance > 0 ? { kind: 'effect', ...given } : none('no-variance')
}
