// The prior of a conversion rate: from what an earlier experiment on the goal showed, if that tells enough.

export interface BetaPrior {
  readonly alpha: number
  readonly beta: number
}

/**
 * Jeffreys' prior: half a conversion on each side. A flat one shows rare conversions as twice as many as
 * there are, with a thousand users at 0.1 %.
 */
export const jeffreysPrior: BetaPrior = { alpha: 0.5, beta: 0.5 }

/** Of users with the goal and of others, whichever are fewer: fewer tell no rate. */
const rarerMin = 20
/** The prior weighs as much as so many of them, so that a hundred conversions outweigh it by far. */
const rarerWeight = 2

/** Undefined if the earlier experiment had too few users with the goal, or too few others. */
export function priorFrom({
  users,
  conversions,
}: {
  readonly users: number
  readonly conversions: number
}): BetaPrior | undefined {
  const others = users - conversions
  const rarer = Math.min(conversions, others)
  if (!(rarer >= rarerMin)) return undefined
  return { alpha: (rarerWeight * conversions) / rarer, beta: (rarerWeight * others) / rarer }
}

/** How much more or less weight the prior gets where a result shows what depends on it. */
export const priorWeights = [0.5, 2] as const

export const weighted = ({ alpha, beta }: BetaPrior, weight: number): BetaPrior => ({
  alpha: alpha * weight,
  beta: beta * weight,
})

export const betaText = ({ alpha, beta }: BetaPrior): string =>
  `Beta(${Number(alpha.toPrecision(4))}, ${Number(beta.toPrecision(4))})`
