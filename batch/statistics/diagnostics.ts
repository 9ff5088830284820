// Convergence diagnostics of Markov chains: rank-normalised split R-hat, and bulk and tail effective sample
// size. After Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), "Rank-normalization, folding, and
// localization".
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'

export type Chain = ArrayLike<number> & Iterable<number>

export interface Diagnostics {
  readonly rhat: number
  readonly essBulk: number
  readonly essTail: number
}

/** Figures are NaN if a chain never moved or has a draw that is not finite. All chains are equally long. */
export function diagnose(chains: readonly Chain[]): Diagnostics {
  // NaN equals nothing, itself included, so ranking it would never end.
  if (!chains.every((chain) => [...chain].every(Number.isFinite)))
    return { rhat: NaN, essBulk: NaN, essTail: NaN }
  const halves = chains.flatMap(split)
  const sorted = sortedDraws(chains)
  const median = quantileOf(sorted, 0.5)
  const bulk = rankNormalise(halves)
  const folded = rankNormalise(halves.map((half) => Float64Array.from(half, (x) => Math.abs(x - median))))
  return {
    rhat: Math.max(rhatOf(bulk), rhatOf(folded)),
    essBulk: effectiveSize(bulk),
    essTail: Math.min(tailSize(halves, quantileOf(sorted, 0.05)), tailSize(halves, quantileOf(sorted, 0.95))),
  }
}

/** The Monte Carlo standard error of the mean of all draws. */
export function meanError(chains: readonly Chain[]): number {
  return Math.sqrt(variance(sortedDraws(chains)) / effectiveSize(chains.flatMap(split)))
}

export const sortedDraws = (chains: readonly Chain[]): Float64Array =>
  Float64Array.from(chains.flatMap((chain) => [...chain])).sort()

/** Hyndman and Fan's type 7, the default of R and NumPy. */
export function quantileOf(sorted: ArrayLike<number>, probability: number): number {
  const position = (sorted.length - 1) * probability
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low === high ? low : low + (position - below) * (high - low)
}

export function mean(values: Chain): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

export function variance(values: Chain): number {
  const centre = mean(values)
  let sum = 0
  for (const value of values) sum += (value - centre) ** 2
  return sum / (values.length - 1)
}

/** Splits a chain into halves; with an odd number of draws the middle one is left out. */
function split(chain: Chain): Float64Array[] {
  const draws = Float64Array.from(chain)
  const half = Math.floor(draws.length / 2)
  return [draws.subarray(0, half), draws.subarray(draws.length - half)]
}

/** Replaces each draw by the normal score of its rank among all chains; ties get their average rank. */
function rankNormalise(chains: readonly Float64Array[]): Float64Array[] {
  const all = Float64Array.from(chains.flatMap((chain) => [...chain]))
  const order = Uint32Array.from(all, (_, i) => i).sort((i, j) => all[i]! - all[j]!)
  const scores = new Float64Array(all.length)
  for (let first = 0, next = 0; first < order.length; first = next) {
    while (next < order.length && all[order[next]!] === all[order[first]!]) next++
    const rank = (first + 1 + next) / 2
    const score = normalQuantile((rank - 3 / 8) / (all.length + 1 / 4), 0, 1)
    for (let k = first; k < next; k++) scores[order[k]!] = score
  }
  let start = 0
  return chains.map((chain) => scores.subarray(start, (start += chain.length)))
}

/** R-hat of chains that are already split. */
export function rhatOf(chains: readonly Float64Array[]): number {
  const length = chains[0]!.length
  const within = mean(chains.map(variance))
  const between = length * variance(chains.map(mean))
  return within > 0 ? Math.sqrt((((length - 1) / length) * within + between / length) / within) : NaN
}

const tailSize = (chains: readonly Float64Array[], threshold: number): number =>
  effectiveSize(chains.map((chain) => chain.map((x) => (x <= threshold ? 1 : 0))))

/**
 * The effective sample size of chains that are already split: Geyer's initial monotone sequence over the mean
 * autocovariance.
 */
export function effectiveSize(chains: readonly Float64Array[]): number {
  const count = chains.length
  const length = chains[0]!.length
  const means = chains.map(mean)
  const within = mean(chains.map(variance))
  if (!(within > 0)) return NaN
  const total = (within * (length - 1)) / length + (count > 1 ? variance(means) : 0)

  const autocorrelation = (lag: number): number => {
    if (lag === 0) return 1
    const covariance = mean(chains.map((chain, k) => autocovariance(chain, means[k]!, lag)))
    return 1 - (within - covariance) / total
  }
  let time = -1
  let lag = 0
  for (let previous = Infinity; lag < length - 4; lag += 2) {
    const pair = autocorrelation(lag) + autocorrelation(lag + 1)
    if (!(pair > 0)) break
    previous = Math.min(previous, pair)
    time += 2 * previous
  }
  time += Math.max(0, autocorrelation(lag)) // lowers the estimate's variance for antithetic chains
  const draws = count * length
  return draws / Math.max(time, 1 / Math.log10(draws))
}

function autocovariance(chain: Float64Array, centre: number, lag: number): number {
  let sum = 0
  for (let i = 0; i + lag < chain.length; i++) sum += (chain[i]! - centre) * (chain[i + lag]! - centre)
  return sum / chain.length
}
