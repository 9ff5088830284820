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

/** A ratio of sums, such as orders per session: d is a user's denominator. */
export interface RatioStatistics extends Statistics {
  /** Of d, after `centreD` was subtracted, which is 0 if it is left out. */
  readonly sumD: number
  readonly centreD?: number
  readonly sumDD: number
  readonly sumYD: number
}

/** x is the user's value before the first exposure. */
export interface AdjustedStatistics extends Statistics {
  /** Of x, after `centreX` was subtracted, which is 0 if it is left out. */
  readonly centreX?: number
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
  | 'no-denominator'
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
 * A mean or a ratio of one arm, as a mean of n units: users, or converting users. `variance` is that of one
 * unit, with divisor n.
 */
export interface Measure {
  readonly mean: number
  readonly variance: number
  readonly n: number
}

/**
 * The difference of means or ratios with the pooled variance (nA sA^2 + nB sB^2) / (nA + nB) (1 / nA + 1 /
 * nB). With each arm's own variance, a small arm that happens to lack a large order has both a low mean and
 * a small variance, and names false winners in 6 to 20 % at 90/10 with heavy tails.
 */
export function pooledEffect(a: Measure, b: Measure): Effect | NoEffect {
  return effect({
    estimate: b.mean - a.mean,
    variance: pooledVariance(a, b) * (1 / a.n + 1 / b.n),
    n: a.n + b.n,
    scale: 'difference',
  })
}

/** Of one unit. */
export const pooledVariance = (a: Measure, b: Measure): number =>
  (a.n * a.variance + b.n * b.variance) / (a.n + b.n)

export function meanEffect(baseline: Statistics, arm: Statistics): Effect | NoEffect {
  const [a, b] = [meanOf(baseline), meanOf(arm)]
  if (!a || !b) return none(baseline.n > 0 && arm.n > 0 ? 'not-finite' : 'empty-arm')
  return pooledEffect(a, b)
}

/**
 * The relative lift of means by the delta method (Deng, Knoblich and Lu 2018, arXiv:1803.06336), each arm
 * with its own variance.
 */
export function relativeEffect(baseline: Statistics, arm: Statistics): Effect | NoEffect {
  const [a, b] = [meanOf(baseline), meanOf(arm)]
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

/** The ratio with its variance: (s_m^2 - 2 R s_md + R^2 s_d^2) / mean_d^2 / n, with divisors n - 1. */
export function ratioOf(statistics: RatioStatistics): Estimate | undefined {
  const measure = ratioMeasure(statistics)
  return measure && { ...measure, variance: measure.variance / (measure.n - 1) }
}

/** The ratio as a mean of units (y - R d) / mean_d + R, which is its linear form (delta method). */
export function ratioMeasure({
  n,
  sumY,
  sumYY,
  centre = 0,
  sumD,
  sumDD,
  sumYD,
  centreD = 0,
}: RatioStatistics): Measure | undefined {
  const denominator = centreD + sumD / n
  if (!(n > 1) || !(denominator !== 0)) return undefined
  const ratio = (centre + sumY / n) / denominator
  const spread =
    covariance(n, sumY, sumY, sumYY) -
    2 * ratio * covariance(n, sumY, sumD, sumYD) +
    ratio ** 2 * covariance(n, sumD, sumD, sumDD)
  return finite({ mean: ratio, variance: Math.max(0, spread) / denominator ** 2, n })
}

export interface Adjustment {
  readonly theta: number
  /** Of y and x over all arms: the share of the variance that the adjustment should remove. */
  readonly rhoSquared: number
  /** The share of the variance within arms that is left, pooled. */
  readonly gain: number
  /** Adjusted, in the order of the input. */
  readonly arms: readonly Measure[]
}

/**
 * CUPED (Deng, Xu, Kohavi and Walker 2013): means adjusted by what users did before the experiment, y - theta
 * (x - mean x). One theta = cov(y, x) / var(x) over all arms joined. Undefined if nobody did anything then.
 */
export function adjust(arms: readonly AdjustedStatistics[]): Adjustment | undefined {
  const [first] = arms
  if (!first || arms.some(({ n }) => !(n > 1))) return undefined
  const { centre = 0, centreX = 0 } = first
  // About the first arm's centres, which every arm is brought to.
  const moved = arms.map((arm) => recentred(arm, centre, centreX))
  const n = total(moved.map((arm) => arm.n))
  const joined = (field: 'sumX' | 'sumXX' | 'sumXY' | 'sumY' | 'sumYY') =>
    total(moved.map((arm) => arm[field]))
  const spreadX = covariance(n, joined('sumX'), joined('sumX'), joined('sumXX'))
  const spreadY = covariance(n, joined('sumY'), joined('sumY'), joined('sumYY'))
  const together = covariance(n, joined('sumX'), joined('sumY'), joined('sumXY'))
  if (!(spreadX > 0 && spreadY > 0)) return undefined
  const theta = together / spreadX
  const meanX = joined('sumX') / n
  const measures = moved.map((arm) => {
    const xy = covariance(arm.n, arm.sumX, arm.sumY, arm.sumXY)
    const spread = unitVariance(arm) - 2 * theta * xy + theta ** 2 * varianceOfX(arm)
    const mean = centre + arm.sumY / arm.n - theta * (arm.sumX / arm.n - meanX)
    return { mean, variance: Math.max(0, spread), n: arm.n }
  })
  const left = total(measures.map((arm) => arm.n * arm.variance))
  const raw = total(moved.map((arm) => arm.n * unitVariance(arm)))
  return {
    theta,
    rhoSquared: Math.min(1, together ** 2 / (spreadX * spreadY)),
    gain: left / raw,
    arms: measures,
  }
}

function recentred(arm: AdjustedStatistics, centre: number, centreX: number): AdjustedStatistics {
  const [byY, byX] = [(arm.centre ?? 0) - centre, (arm.centreX ?? 0) - centreX]
  if (byY === 0 && byX === 0) return arm
  const { n, sumY, sumYY, sumX, sumXX, sumXY } = arm
  return {
    n,
    centre,
    centreX,
    sumY: sumY + n * byY,
    sumYY: sumYY + 2 * byY * sumY + n * byY ** 2,
    sumX: sumX + n * byX,
    sumXX: sumXX + 2 * byX * sumX + n * byX ** 2,
    sumXY: sumXY + byY * sumX + byX * sumY + n * byX * byY,
  }
}

const unitVariance = ({ n, sumY, sumYY }: Statistics) => covariance(n, sumY, sumY, sumYY)
const varianceOfX = ({ n, sumX, sumXX }: AdjustedStatistics) => covariance(n, sumX, sumX, sumXX)
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/**
 * The adjusted difference of two arms, each with its own variance. `gain` is the share of the variance of the
 * difference that is left, about 1 - rho^2.
 */
export function adjustedEffect(
  baseline: AdjustedStatistics,
  arm: AdjustedStatistics,
): (Effect & { readonly theta: number; readonly gain: number }) | NoEffect {
  if (!(baseline.n > 1 && arm.n > 1)) return none('empty-arm')
  const [rawA, rawB] = [meanOf(baseline), meanOf(arm)]
  if (!rawA || !rawB) return none('not-finite')
  const adjustment = adjust([baseline, arm])
  // Nobody did anything before the experiment: there is nothing to adjust by.
  const [a, b] = (adjustment?.arms ?? [rawA, rawB]) as [Measure, Measure]
  const varianceOf = (one: Measure, other: Measure) =>
    one.variance / (one.n - 1) + other.variance / (other.n - 1)
  const difference = effect({
    estimate: b.mean - a.mean,
    variance: varianceOf(a, b),
    n: a.n + b.n,
    scale: 'difference',
  })
  if (difference.kind === 'none') return difference
  return {
    ...difference,
    theta: adjustment?.theta ?? 0,
    gain: difference.variance / varianceOf(rawA, rawB),
  }
}

/** A mean or ratio with the variance of that figure. */
export interface Estimate {
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

/** Undefined if it is no number. */
export function meanOf({ n, sumY, sumYY, centre = 0 }: Statistics): Measure | undefined {
  if (!(n > 1)) return undefined
  return finite({ mean: centre + sumY / n, variance: covariance(n, sumY, sumY, sumYY), n })
}

/** With divisor n. */
const covariance = (n: number, sumA: number, sumB: number, sumAB: number): number =>
  sumAB / n - (sumA / n) * (sumB / n)

/** Rounding may leave a variance of 0 below it; one far below is no variance. */
function finite({ mean, variance, n }: Measure): Measure | undefined {
  if (![mean, variance].every(Number.isFinite)) return undefined
  if (variance >= 0) return { mean, variance, n }
  return variance > -1e-9 * mean ** 2 ? { mean, variance: 0, n } : undefined
}

const none = (reason: NoEffectReason): NoEffect => ({ kind: 'none', reason })

function effect(given: Omit<Effect, 'kind'>): Effect | NoEffect {
  if (!Number.isFinite(given.estimate) || !Number.isFinite(given.variance)) return none('not-finite')
  return given.variance > 0 ? { kind: 'effect', ...given } : none('no-variance')
}
