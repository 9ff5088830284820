// The fixed horizon for few conversions. Below 100 planned conversions the normal approximation of
// fixed-horizon.ts favours the small arm. Given that a user converted, the user is of the arm with its share
// of the users exactly, if nothing differs. So the horizon is in conversions, and the test is binomial.
import { alphaDefault, gammaDefault } from '../../core/statistics/levels.ts'
import type { Curtailed } from './fixed-horizon.ts'
import type { Interval } from './inference.ts'
import { crossing } from './root.ts'

export interface Conversions {
  readonly baseline: number
  readonly arm: number
}

/**
 * `share` is the arm's share of the users of both, `planned` the conversions at the end. It may be projected
 * anew at each look, because all conversions together say nothing about a difference.
 */
export function curtailedBinomial(
  seen: Conversions,
  share: number,
  planned: number,
  alpha = alphaDefault,
  gamma = gammaDefault,
): Pick<Curtailed, 'up' | 'down' | 'winner'> {
  const level = (gamma * alpha) / 2
  const up = conditional(seen.arm, seen.baseline, share, planned, level)
  const down = conditional(seen.baseline, seen.arm, 1 - share, planned, level)
  const isReadable = seen.baseline + seen.arm > 0
  return {
    up,
    down,
    winner: !isReadable ? undefined : up >= gamma ? 'up' : down >= gamma ? 'down' : undefined,
  }
}

/** The ratios of conversion rates, arm to baseline, that would not be rejected at this look. */
export function repeatedBinomialInterval(
  seen: Conversions,
  share: number,
  planned: number,
  alpha = alphaDefault,
  gamma = gammaDefault,
): Interval {
  const level = (gamma * alpha) / 2
  const odds = share / (1 - share)
  const toRatio = (p: number) => p / (1 - p) / odds
  const edge = 1e-9
  // Conditional probabilities fall with the share that is tested, and crossing() wants them to rise.
  const low = crossing(
    (p) => -conditional(seen.arm, seen.baseline, p, planned, level),
    -gamma,
    edge,
    1 - edge,
  )
  const high = crossing(
    (p) => conditional(seen.baseline, seen.arm, 1 - p, planned, level),
    gamma,
    edge,
    1 - edge,
  )
  return { low: seen.arm === 0 ? 0 : toRatio(low), high: seen.baseline === 0 ? Infinity : toRatio(high) }
}

/** P(the end rejects in favour of this arm, given what was seen). */
function conditional(own: number, other: number, share: number, planned: number, level: number): number {
  const total = Math.max(planned, own + other)
  const critical = criticalCount(total, share, level)
  return critical > total ? 0 : binomialUpper(total - own - other, share, critical - own)
}

/** The smallest k with P(Bin(n, p) >= k) <= level; n + 1 if there is none. */
export function criticalCount(n: number, p: number, level: number): number {
  let upper = 0
  for (const [k, mass] of massesFromTop(n, p)) {
    upper += mass
    if (upper > level) return k + 1
  }
  return 0
}

/** P(Bin(n, p) >= k). */
export function binomialUpper(n: number, p: number, k: number): number {
  if (k <= 0) return 1
  let upper = 0
  for (const [i, mass] of massesFromTop(n, p)) {
    if (i < k) break
    upper += mass
  }
  return Math.min(1, upper)
}

/** From n down to 0, each with its probability. In logarithms, because the first may be below 1e-308. */
function* massesFromTop(n: number, p: number): Generator<[k: number, mass: number]> {
  const odds = Math.log1p(-p) - Math.log(p)
  let logarithm = n * Math.log(p)
  for (let k = n; k >= 0; k--) {
    yield [k, Math.exp(logarithm)]
    logarithm += Math.log(k / (n - k + 1)) + odds
  }
}
