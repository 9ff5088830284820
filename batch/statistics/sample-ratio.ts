// Sample ratio mismatch: tests whether the variations have the users that their weights promise. If they do
// not, users are lost unevenly between assignment and counting, and comparing the variations is misleading.
import chiSquareCumulative from '@stdlib/stats-base-dists-chisquare-cdf'

/** Strict, since the check is repeated while an experiment runs (Kohavi, Tang and Xu 2020, chapter 21). */
export const mismatchProbability = 0.001
export const usersTotalMin = 100
/** With fewer expected users in a cell the chi-square approximation does not hold. */
export const expectedUsersMin = 5
/** As in Bucketeer: up to five users, or one in ten thousand, may be in variations without a weight. */
export const unexpectedUsersTolerated = 5
export const unexpectedShareTolerated = 0.0001

export interface Cell {
  readonly users: number
  readonly expectedWeight: number
}

export type SampleRatio =
  | {
      readonly kind: 'tested'
      readonly chiSquare: number
      readonly degreesOfFreedom: number
      readonly probability: number
      readonly mismatch: boolean
    }
  | { readonly kind: 'unexpected-users'; readonly users: number }
  /** More users will make it testable. */
  | { readonly kind: 'too-early'; readonly reason: string }
  /** There is nothing to compare. */
  | { readonly kind: 'skipped'; readonly reason: string }

export function sampleRatio(cells: readonly Cell[]): SampleRatio {
  const total = sum(cells.map(({ users }) => users))
  const served = cells.filter(({ expectedWeight }) => expectedWeight > 0)
  if (served.length < 2) return { kind: 'skipped', reason: 'fewer than two variations have a weight' }
  if (total < usersTotalMin) return tooEarly(`${total} users are fewer than ${usersTotalMin}`)

  const expected = sum(served.map(({ users }) => users))
  const unexpected = total - expected
  if (unexpected > Math.max(unexpectedUsersTolerated, total * unexpectedShareTolerated)) {
    return { kind: 'unexpected-users', users: unexpected }
  }
  const weights = sum(served.map(({ expectedWeight }) => expectedWeight))
  const parts = served.map(({ users, expectedWeight }) => ({
    users,
    expected: (expected * expectedWeight) / weights,
  }))
  const smallest = Math.min(...parts.map((part) => part.expected))
  if (smallest < expectedUsersMin) {
    return tooEarly(
      `the smallest variation expects ${smallest.toFixed(1)} users, fewer than ${expectedUsersMin}`,
    )
  }
  const chiSquare = sum(parts.map((part) => (part.users - part.expected) ** 2 / part.expected))
  const degreesOfFreedom = parts.length - 1
  const probability = Math.max(0, 1 - chiSquareCumulative(chiSquare, degreesOfFreedom))
  return {
    kind: 'tested',
    chiSquare,
    degreesOfFreedom,
    probability,
    mismatch: probability < mismatchProbability,
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const tooEarly = (reason: string): SampleRatio => ({ kind: 'too-early', reason })
