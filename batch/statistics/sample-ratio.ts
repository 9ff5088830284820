// Sample ratio mismatch: did the variations get the users that their weights promised? If not, something
// between assignment and counting loses users unevenly, and no comparison of the variations means what it
// says.
import chiSquareCumulative from '@stdlib/stats-base-dists-chisquare-cdf'

/** Kohavi and others: strict, since the check runs again and again while an experiment collects. */
export const mismatchProbability = 0.001
export const usersTotalMin = 100
/** Below five expected users in a cell the chi-square approximation no longer holds. */
export const expectedUsersMin = 5
/** Bucketeer: users where none may be are tolerated up to five, or one in ten thousand. */
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
  | { readonly kind: 'skipped'; readonly reason: string }

export function sampleRatio(cells: readonly Cell[]): SampleRatio {
  const total = sum(cells.map(({ users }) => users))
  const served = cells.filter(({ expectedWeight }) => expectedWeight > 0)
  if (served.length < 2) return skipped('fewer than two variations have a weight')
  if (total < usersTotalMin) return skipped(`${total} users are fewer than ${usersTotalMin}`)

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
    return skipped(
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

const skipped = (reason: string): SampleRatio => ({ kind: 'skipped', reason })
