// How many users an experiment needs, and what it finds in given time. Each comparison with the baseline is
// planned at the corrected level, so that with several arms each is found with the power that was asked for.
import { alphaDefault, gammaDefault, mixtureRatio } from './levels.ts'
import { normalCumulative, quantileOfNormal } from './normal.ts'

/**
 * `fixed-test`: one look at the end, the yardstick of every textbook. The other two may be looked at at any
 * time (docs/statistics.md).
 */
export const planKinds = ['fixed-test', 'fixed-horizon', 'always-valid'] as const
export type PlanKind = (typeof planKinds)[number]

/** A share of users who convert, or a user's mean value with its standard deviation. Of the baseline. */
export type PlannedMetric =
  | { readonly kind: 'rate'; readonly rate: number }
  | { readonly kind: 'mean'; readonly mean: number; readonly sd: number }

export interface PlanInput {
  readonly metric: PlannedMetric
  /** Relative to the baseline, and not 0: 0.1 is ten percent more. */
  readonly lift: number
  /** Of the users; the baseline's first. Only the proportions count. */
  readonly shares: readonly number[]
  readonly power: number
  readonly alpha?: number
}

/** In all arms together; not rounded. Infinity if no number of users would do. */
export function usersNeeded(kind: PlanKind, input: PlanInput): number {
  const { shares, alpha = alphaDefault } = input
  const total = shares.reduce((sum, share) => sum + share, 0)
  const [baseline = 0, ...arms] = shares.map((share) => share / total)
  const level = alpha / arms.length
  return Math.max(...arms.map((arm) => usersForPair(kind, input, { baseline, arm }, alpha, level)))
}

interface Pair {
  readonly baseline: number
  readonly arm: number
}

function usersForPair(
  kind: PlanKind,
  { metric, lift, power }: PlanInput,
  pair: Pair,
  alpha: number,
  level: number,
): number {
  const z = quantileOfNormal(power)
  const { difference, variance, pooled } = onItsScale(metric, lift, pair)
  switch (kind) {
    case 'fixed-test':
      // Fleiss 1981: two proportions, unpooled.
      return ((quantileOfNormal(1 - level / 2) + z) ** 2 * variance) / difference ** 2
    case 'fixed-horizon': {
      // The test at the end alone: what is named before it comes on top.
      const critical = quantileOfNormal(1 - (gammaDefault * level) / 2)
      return (critical * Math.sqrt(pooled) + z * Math.sqrt(variance)) ** 2 / difference ** 2
    }
    case 'always-valid': {
      const { effect, spread } = onLogOdds(metric, lift, pair) ?? { effect: difference, spread: variance }
      return (driftForPower(alpha, level, power) ** 2 * spread) / effect ** 2
    }
  }
}

/** Variances are those of the difference, times all users. */
function onItsScale(metric: PlannedMetric, lift: number, { baseline, arm }: Pair) {
  if (metric.kind === 'mean') {
    const variance = metric.sd ** 2 * (1 / baseline + 1 / arm)
    return { difference: metric.mean * lift, variance, pooled: variance }
  }
  const [rate, other] = [metric.rate, metric.rate * (1 + lift)]
  const together = (baseline * rate + arm * other) / (baseline + arm)
  return {
    difference: other - rate,
    variance: (rate * (1 - rate)) / baseline + (other * (1 - other)) / arm,
    pooled: together * (1 - together) * (1 / baseline + 1 / arm),
  }
}

/** The log odds ratio that the always-valid sequence is about. */
function onLogOdds(metric: PlannedMetric, lift: number, { baseline, arm }: Pair) {
  if (metric.kind === 'mean') return undefined
  const [rate, other] = [metric.rate, metric.rate * (1 + lift)]
  return {
    effect: Math.log(other / (1 - other)) - Math.log(rate / (1 - rate)),
    spread: 1 / (baseline * rate * (1 - rate)) + 1 / (arm * other * (1 - other)),
  }
}

/** As many looks as a four weeks' experiment has days: what crosses between two looks is not seen. */
const looksPlanned = 28
/** Of a random walk against a Brownian motion, in standard deviations of a step (Siegmund 1985, ch. 10). */
const overshoot = 0.5826

/** The lines that touch the boundary at these shares of the planned users. */
const touching = Array.from({ length: 20 }, (_, i) => (i + 1) / 20)

/**
 * The effect, in standard errors at the planned users, that the always-valid sequence finds by then with this
 * power. The sequence's boundary is concave, so a Brownian motion that crosses a line touching it has crossed
 * the boundary: the best of the lines gives a power that is reached. By bisection.
 */
function driftForPower(alpha: number, level: number, power: number): number {
  const ratio = mixtureRatio(alpha)
  const lines = touching.map((at) => {
    const squared = (at + 1 / ratio) * (Math.log1p(ratio * at) - 2 * Math.log(level))
    const slope = (Math.log1p(ratio * at) - 2 * Math.log(level) + 1) / (2 * Math.sqrt(squared))
    const unseen = overshoot / Math.sqrt(looksPlanned)
    return { slope, start: Math.sqrt(squared) - slope * at + unseen }
  })
  const found = (drift: number) => Math.max(...lines.map(({ slope, start }) => crossed(start, drift - slope)))
  let [low, high] = [0, 40]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (found(middle) < power) low = middle
    else high = middle
  }
  return high
}

/** That a Brownian motion with this drift reaches a level by time 1 (Siegmund 1985, 3.15). */
const crossed = (level: number, drift: number): number =>
  normalCumulative(drift - level) +
  Math.exp(Math.min(2 * level * drift, 700)) * normalCumulative(-level - drift)

const liftMin = 1e-4
const liftMax = 10

/** The smallest relative increase that so many users find; null if none up to eleven times as much. */
export function liftFound(kind: PlanKind, input: Omit<PlanInput, 'lift'>, users: number): number | null {
  const { metric } = input
  const most = metric.kind === 'rate' ? Math.min(liftMax, (1 - 1e-6) / metric.rate - 1) : liftMax
  const isFound = (lift: number) => usersNeeded(kind, { ...input, lift }) <= users
  // Log odds near 1 vary more than they grow, so the first of some steps is sought before it is bisected.
  const step = 1.25
  let high = liftMin
  while (!isFound(high)) {
    if (high >= most) return null
    high = Math.min(high * step, most)
  }
  let low = high / step
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    if (isFound(middle)) high = middle
    else low = middle
  }
  return high
}

/** Users who convert in the pair of arms that has the fewest, and users who do not: the smaller number. */
export function conversionsPlanned({ metric, lift, shares }: PlanInput, users: number): number | null {
  if (metric.kind === 'mean') return null
  const total = shares.reduce((sum, share) => sum + share, 0)
  const [baseline = 0, ...arms] = shares.map((share) => (share / total) * users)
  const of = (arm: number) => baseline * metric.rate + arm * metric.rate * (1 + lift)
  return Math.min(...arms.map((arm) => Math.min(of(arm), baseline + arm - of(arm))))
}
