// What every decision and every plan agrees on: how often to be wrong, and how the two kinds of decision are
// tuned.

/** At most five percent of the experiments between equals ever name a winner. */
export const alphaDefault = 0.05

/** An arm is named early if the test at the planned end rejects with this conditional probability. */
export const gammaDefault = 0.95

/** From this many planned conversions on, and as many users without one, the normal approximation holds. */
export const conversionsPlannedMin = 100

/**
 * The r* that makes the sequence narrowest at the planned users: r - ln(1 + r) = -2 ln alpha, that is
 * -W_{-1}(-alpha^2 / e) - 1 (Waudby-Smith and others, eq. 161), by Newton's method.
 */
export function mixtureRatio(alpha: number): number {
  const target = -2 * Math.log(alpha)
  let r = target + Math.log1p(target)
  for (let i = 0; i < 4; i++) r -= (r - Math.log1p(r) - target) / (1 - 1 / (1 + r))
  return r
}
