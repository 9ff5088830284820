// Sample ratio mismatch: tests whether the variations have the users that their weights promise. If they do
// not, users are lost unevenly between assignment and counting, and comparing the variations is misleading.
// The test is the sequential multinomial test of Lindon and Malek (2022, arXiv:2011.03567): a Bayes factor of
// shares drawn from a Dirichlet distribution around the promised ones against the promised ones. It is exact
// at any counts, and a healthy experiment exceeds 100 at any look ever with a probability of at most 1 / 100
// (Ville's inequality), so the runner may look after every hour.
import betaln from '@stdlib/math-base-special-betaln'
import { isServed } from './comparison.ts'

/**
 * Users' worth of trust in the promised shares: about a twelfth of the users that should show a deviation.
 */
export const concentration = 2_000
/** Red at this factor: at most one healthy experiment in a hundred is ever red. */
export const mismatchFactor = 100
const red = Math.log(mismatchFactor)
/** As in Bucketeer: up to five users, or one in ten thousand, may be in variations without a weight. */
export const unexpectedUsersTolerated = 5
export const unexpectedShareTolerated = 0.0001

export interface Cell {
  readonly users: number
  readonly expectedWeight: number
}

interface Factors {
  /** The natural logarithm of the factor at this look. */
  readonly logFactor: number
  /** The highest of all looks, which decides: once red, red. */
  readonly highestLogFactor: number
}

export type SampleRatio =
  | ({ readonly kind: 'tested'; readonly mismatch: boolean } & Factors)
  | ({ readonly kind: 'unexpected-users'; readonly users: number } & Factors)
  /** More users will make it testable. */
  | { readonly kind: 'too-early'; readonly reason: string }
  /** There is nothing to compare. */
  | { readonly kind: 'skipped'; readonly reason: string }

/**
 * `phases` are stretches of time with their own weights, in order; each lists the same variations in the same
 * order. `highestBefore` is the highest logarithm of the looks so far: -Infinity before the first. What was a
 * mismatch stays one, also where nothing can be tested any more.
 */
export function sampleRatio(phases: readonly (readonly Cell[])[], highestBefore = -Infinity): SampleRatio {
  const comparable = phases.filter((cells) => cells.filter(isServed).length >= 2)
  const total = sum(phases.flat().map(({ users }) => users))
  const isTestable = comparable.length > 0 && total !== 0
  if (!isTestable && highestBefore < red)
    return comparable.length === 0
      ? { kind: 'skipped', reason: 'fewer than two variations have a weight' }
      : { kind: 'too-early', reason: 'there are no users' }

  // A factor of 1 says nothing.
  const logFactor = isTestable ? sum(logFactorsOf(comparable)) : 0
  const factors = { logFactor, highestLogFactor: Math.max(logFactor, highestBefore) }
  const unexpected = sum(phases.flat().flatMap((cell) => (isServed(cell) ? [] : [cell.users])))
  if (isTestable && unexpected > Math.max(unexpectedUsersTolerated, total * unexpectedShareTolerated))
    return { kind: 'unexpected-users', users: unexpected, ...factors }
  // Not `>=` alone: a comparison with NaN is false, and must not read as healthy.
  return { kind: 'tested', mismatch: !(factors.highestLogFactor < red), ...factors }
}

/**
 * The logarithm of each phase's factor given the phases before; their sum is that of all together. What the
 * earlier phases have shown about the odds of losing a user is carried into the prior of the next, which any
 * prior fixed before the phase may be.
 */
export function logFactorsOf(phases: readonly (readonly Cell[])[]): number[] {
  const factors: number[] = []
  let usersBefore = 0
  let tilts: readonly number[] = (phases[0] ?? []).map(() => 1)
  for (const cells of phases) {
    const weights = sum(cells.map(({ expectedWeight }) => expectedWeight))
    const shares = cells.map(({ expectedWeight }) => expectedWeight / weights)
    const tilted = shares.map((share, i) => share * tilts[i]!)
    const norm = sum(tilted)
    const prior = tilted.map((share) => ((concentration + usersBefore) * share) / norm)
    const served = cells.flatMap((cell, i) => (isServed(cell) ? [i] : []))
    const users = served.map((i) => cells[i]!.users)
    const before = served.map((i) => prior[i]!)
    const after = before.map((alpha, k) => alpha + users[k]!)
    const underPromised = sum(served.map((i, k) => users[k]! * Math.log(shares[i]!)))
    factors.push(logBeta(after) - logBeta(before) - underPromised)
    const total = sum(after)
    const learnt = new Map(served.map((i, k) => [i, after[k]! / total / shares[i]!]))
    tilts = tilts.map((tilt, i) => learnt.get(i) ?? tilt)
    usersBefore += sum(users)
  }
  return factors
}

/** The logarithm of the multivariate beta function, as a chain of bivariate ones. */
function logBeta(alphas: readonly number[]): number {
  let logarithm = 0
  let before = alphas[0]!
  for (const alpha of alphas.slice(1)) {
    logarithm += betaln(before, alpha)
    before += alpha
  }
  return logarithm
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
