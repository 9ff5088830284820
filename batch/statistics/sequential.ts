// Evidence that stays valid under repeated looks. With twenty looks, P(best) >= 0.95 names a winner in four
// of ten experiments between equals, and no threshold on a posterior prevents that. A mixture likelihood
// ratio does: without a difference, it ever exceeds 20 with a probability of at most 1 / 20 (Ville's
// inequality; Robbins 1970; Johari and others 2017, mSPRT).

/**
 * The standard deviation of the log-odds differences to expect: most lifts are well within 15 % either way.
 */
export const expectedDifference = 0.15
/** 1 / 0.05: at most five percent of the experiments between equals ever name a winner. */
export const bayesFactorMin = 20

interface Counts {
  readonly users: number
  readonly conversions: number
}

/**
 * The Bayes factor for some difference against none, by the normal approximation of the log-odds ratio. Half
 * a conversion is added on each side (Haldane, Anscombe), so zero conversions give a number too.
 */
export function bayesFactor(a: Counts, b: Counts): number {
  const difference = logOdds(a) - logOdds(b)
  const sampling = logOddsVariance(a) + logOddsVariance(b)
  const mixing = expectedDifference ** 2
  const total = sampling + mixing
  return Math.sqrt(sampling / total) * Math.exp((difference ** 2 * mixing) / (2 * sampling * total))
}

const logOdds = ({ users, conversions }: Counts): number =>
  Math.log((conversions + 0.5) / (users - conversions + 0.5))

const logOddsVariance = ({ users, conversions }: Counts): number =>
  1 / (conversions + 0.5) + 1 / (users - conversions + 0.5)
