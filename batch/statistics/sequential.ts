// Evidence that survives being looked at. P(best) >= 0.95, checked at twenty looks, names a winner in four of
// ten experiments between equals; no threshold on one posterior cures that. A mixture likelihood ratio does:
// under no difference it exceeds 20 at any look whatever with probability at most 1 / 20 (Ville's inequality;
// Robbins 1970, Johari and others 2017, mSPRT).

/** Standard deviation of the log-odds differences one expects: most lifts lie well within 15 % either way. */
export const expectedDifference = 0.15
/** 1 / 0.05: at most five percent of experiments between equals ever name a winner. */
export const bayesFactorMin = 20

interface Counts {
  readonly users: number
  readonly conversions: number
}

/**
 * Bayes factor for some difference against none, on the normal approximation to the log-odds ratio, where
 * half a conversion is added on each side (Haldane, Anscombe) so that zero conversions still give a number.
 */
export function bayesFactor(one: Counts, other: Counts): number {
  const difference = logOdds(one) - logOdds(other)
  const sampling = logOddsVariance(one) + logOddsVariance(other)
  const mixing = expectedDifference ** 2
  const total = sampling + mixing
  return Math.sqrt(sampling / total) * Math.exp((difference ** 2 * mixing) / (2 * sampling * total))
}

const logOdds = ({ users, conversions }: Counts): number =>
  Math.log((conversions + 0.5) / (users - conversions + 0.5))

const logOddsVariance = ({ users, conversions }: Counts): number =>
  1 / (conversions + 0.5) + 1 / (users - conversions + 0.5)
