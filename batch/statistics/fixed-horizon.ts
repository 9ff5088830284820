// A fixed horizon that may be looked at at any time. It is the test at the planned end, curtailed: an arm is
// named before the end once the test there rejects with a conditional probability of gamma, if nothing
// differs from here on (Lan, Simon and Halperin 1982). That probability is a martingale under no difference,
// so by Doob's inequality a test that starts at gamma alpha is valid at all looks together, and at gamma =
// .95 keeps at least 95 % of the fixed test's power (Koning and van Meer 2025, arXiv:2501.03982, as an
// e-process). Two one-sided tests at alpha / 2, so that an arm that is named has a direction.
import { alphaDefault, gammaDefault } from '../../core/statistics/levels.ts'
import { normalCumulative, quantileOfNormal } from '../../core/statistics/normal.ts'
import type { Interval } from './inference.ts'

/** Before a tenth of the time and a twentieth of the information, nothing is decided. */
export const elapsedMin = 0.1
export const informationMin = 0.05

/** Under no difference a Brownian motion in `information`. */
export interface Score {
  readonly score: number
  /** nA nB / (nA + nB), in users. */
  readonly information: number
}

/** Of two proportions; undefined if nobody, or everybody, converted. */
export function proportionScore(
  baseline: { readonly users: number; readonly conversions: number },
  arm: { readonly users: number; readonly conversions: number },
): Score | undefined {
  const users = baseline.users + arm.users
  const rate = (baseline.conversions + arm.conversions) / users
  const spread = rate * (1 - rate)
  if (!(spread > 0) || !(baseline.users > 0 && arm.users > 0)) return undefined
  const information = (baseline.users * arm.users) / users
  const difference = arm.conversions / arm.users - baseline.conversions / baseline.users
  return { score: (difference * information) / Math.sqrt(spread), information }
}

/** Where the test began: at nothing, or at the look after which the horizon was changed. */
export interface Origin extends Score {
  /** The levels of the two one-sided tests from there on. */
  readonly up: number
  readonly down: number
  /** The upper normal quantiles of the levels, which may be rounded. Absent: those of the levels. */
  readonly zUp?: number | undefined
  readonly zDown?: number | undefined
  /** By how much the normal quantile of the level changes with the effect that is tested; 0 at nothing. */
  readonly tilt: number
}

export function originOf(alpha = alphaDefault, gamma = gammaDefault): Origin {
  const level = (gamma * alpha) / 2
  return { score: 0, information: 0, up: level, down: level, tilt: 0 }
}

export interface Curtailed {
  /** The probability that the planned end rejects in this direction, if nothing differs from here on. */
  readonly up: number
  readonly down: number
  /** The scores from which on the arm is named. */
  readonly boundUp: number
  readonly boundDown: number
  readonly winner: 'up' | 'down' | undefined
}

/**
 * `planned` is the information at the end: what is there now, over the share of the traffic that came. It may
 * be projected anew at each look, since it depends on arrivals and never on outcomes.
 */
export function curtailed(at: Score, planned: number, origin: Origin, gamma = gammaDefault): Curtailed {
  const { left, toUp, toDown } = distances(at, planned, origin)
  const reach = left > 0 ? quantileOfNormal(gamma) * left : 0
  const conditional = (distance: number) =>
    left > 0 ? normalCumulative(-distance / left) : distance <= 0 ? 1 : 0
  const up = conditional(toUp)
  const down = conditional(toDown)
  return {
    up,
    down,
    boundUp: at.score + toUp + reach,
    boundDown: at.score - toDown - reach,
    // Without information every bound is 0, and 0 >= 0 would name a winner.
    winner: at.information > origin.information ? winnerOf(up, down, gamma) : undefined,
  }
}

/** From the score to where the end rejects, and how far it varies until then. */
function distances(at: Score, planned: number, origin: Origin) {
  const end = Math.max(planned, at.information)
  const toGo = Math.sqrt(end - origin.information)
  const increment = at.score - origin.score
  return {
    left: Math.sqrt(end - at.information),
    toGo,
    toUp: (origin.zUp ?? upperQuantile(origin.up)) * toGo - increment,
    toDown: (origin.zDown ?? upperQuantile(origin.down)) * toGo + increment,
  }
}

const winnerOf = (up: number, down: number, gamma: number): Curtailed['winner'] =>
  up >= gamma ? 'up' : down >= gamma ? 'down' : undefined

/** The z that is exceeded with this probability; finite, also where a probability is 0 or 1. */
const upperQuantile = (level: number): number =>
  -quantileOfNormal(Math.min(Math.max(level, 1e-300), 1 - Number.EPSILON))

/**
 * The effects that would not be named, in the unit of score / information: the repeated interval (Jennison
 * and Turnbull 1989). It excludes 0 exactly when an arm is named, and covers the truth at all looks at once.
 */
export function repeatedInterval(
  at: Score,
  planned: number,
  origin: Origin,
  gamma = gammaDefault,
): Interval | undefined {
  const { boundUp, boundDown } = curtailed(at, planned, origin, gamma)
  const toGo = Math.sqrt(Math.max(planned, at.information) - origin.information)
  const slope = at.information - origin.information + origin.tilt * toGo
  return slope > 0 ? { low: (at.score - boundUp) / slope, high: (at.score - boundDown) / slope } : undefined
}

/**
 * The origin of a changed horizon: what the old one still had to spend at the last look before the change
 * (Mueller and Schaefer 2001). Only before the old end; after it the test has spent all.
 */
export function changedOrigin(at: Score, planned: number, origin: Origin, gamma = gammaDefault): Origin {
  const { up, down } = curtailed(at, planned, origin, gamma)
  const { left, toGo, toUp, toDown } = distances(at, planned, origin)
  const tilt = (at.information - origin.information + origin.tilt * toGo) / left
  const { score, information } = at
  return { score, information, up, down, zUp: toUp / left, zDown: toDown / left, tilt }
}
