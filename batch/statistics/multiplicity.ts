// Corrections for asking more than one question at once. All take and give values in the order of the input.

/**
 * Closed testing with the mean (Vovk and Wang 2021): each e-value is averaged with the m smallest of the
 * others, for the least favourable m. Arm j is named at 1 / alpha. Valid under any dependence, and never
 * worse than Bonferroni.
 */
export function closedByMeans(factors: readonly number[]): number[] {
  return factors.map((factor, j) => {
    const others = factors.filter((_, i) => i !== j).toSorted((a, b) => a - b)
    let total = factor
    let least = factor
    for (const [m, other] of others.entries()) {
      total += other
      least = Math.min(least, total / (m + 2))
    }
    return least
  })
}

/**
 * e-BH (Wang and Ramdas 2022): which of K e-values are discoveries, with at most a share alpha of false ones
 * among them on average, under any dependence.
 */
export function discoveries(factors: readonly number[], alpha: number): boolean[] {
  const descending = factors.toSorted((a, b) => b - a)
  let threshold = Infinity
  for (const [k, factor] of descending.entries())
    if (factor >= factors.length / (alpha * (k + 1))) threshold = factor
  return factors.map((factor) => factor >= threshold)
}

/** Adjusted probabilities, step-down (Holm 1979). */
export function holm(probabilities: readonly number[]): number[] {
  const order = ascending(probabilities)
  const adjusted = Array.from<number>({ length: order.length })
  let highest = 0
  for (const [rank, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (order.length - rank) * probabilities[i]!))
    adjusted[i] = highest
  }
  return adjusted
}

/** Adjusted probabilities, step-up (Benjamini and Hochberg 1995). */
export function benjaminiHochberg(probabilities: readonly number[]): number[] {
  const order = ascending(probabilities)
  const adjusted = Array.from<number>({ length: order.length })
  let lowest = 1
  for (let rank = order.length; rank > 0; rank--) {
    const i = order[rank - 1]!
    lowest = Math.min(lowest, (order.length / rank) * probabilities[i]!)
    adjusted[i] = lowest
  }
  return adjusted
}

const ascending = (values: readonly number[]): number[] =>
  values.map((_, i) => i).toSorted((i, j) => values[i]! - values[j]!)
