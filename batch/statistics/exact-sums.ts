// Sums over users as integers, so that they are the same in whatever order and parts they were added up, and
// their squares do not cancel. From them to floating point about the means, where effects begin.
import type { AdjustedStatistics, Measure, RatioStatistics } from './effect.ts'

/** Of y, d, x: units of 1e-9. */
const decimals = 1e9

/** y is a user's value, d its denominator, x its value before; raw is y without the cap. */
export interface ExactSums {
  readonly users: number
  readonly conversions: number
  /** Users with a value that is in no sum. */
  readonly unreadableUsers: number
  readonly sumY: bigint
  readonly sumYY: bigint
  readonly sumD: bigint
  readonly sumDD: bigint
  readonly sumYD: bigint
  readonly sumX: bigint
  readonly sumXX: bigint
  readonly sumXY: bigint
  readonly sumRawY: bigint
  readonly sumRawYY: bigint
  /** Users who reached each step of a funnel; empty for other metrics. */
  readonly stepUsers: readonly number[]
  /** Of values per user; absent for other metrics, and where an earlier release counted. */
  readonly logs?: LogSums | undefined
}

/** Natural logarithms of values above 0, without the cap: units of 1e-9, squares of 1e-18. */
export interface LogSums {
  /** Users with a value above 0. */
  readonly payers: number
  /** Users with a value below 0. */
  readonly negatives: number
  readonly sumLog: bigint
  readonly sumLogLog: bigint
}

export const noSums: ExactSums = {
  users: 0,
  conversions: 0,
  unreadableUsers: 0,
  sumY: 0n,
  sumYY: 0n,
  sumD: 0n,
  sumDD: 0n,
  sumYD: 0n,
  sumX: 0n,
  sumXX: 0n,
  sumXY: 0n,
  sumRawY: 0n,
  sumRawYY: 0n,
  stepUsers: [],
}

/** Of users who are in one of the two only. */
export function addSums(a: ExactSums, b: ExactSums): ExactSums {
  return {
    users: a.users + b.users,
    conversions: a.conversions + b.conversions,
    unreadableUsers: a.unreadableUsers + b.unreadableUsers,
    sumY: a.sumY + b.sumY,
    sumYY: a.sumYY + b.sumYY,
    sumD: a.sumD + b.sumD,
    sumDD: a.sumDD + b.sumDD,
    sumYD: a.sumYD + b.sumYD,
    sumX: a.sumX + b.sumX,
    sumXX: a.sumXX + b.sumXX,
    sumXY: a.sumXY + b.sumXY,
    sumRawY: a.sumRawY + b.sumRawY,
    sumRawYY: a.sumRawYY + b.sumRawYY,
    stepUsers: Array.from(
      { length: Math.max(a.stepUsers.length, b.stepUsers.length) },
      (_, k) => (a.stepUsers[k] ?? 0) + (b.stepUsers[k] ?? 0),
    ),
    ...((a.logs ?? b.logs) && { logs: addLogs(a.logs ?? noLogs, b.logs ?? noLogs) }),
  }
}

export const noLogs: LogSums = { payers: 0, negatives: 0, sumLog: 0n, sumLogLog: 0n }

const addLogs = (a: LogSums, b: LogSums): LogSums => ({
  payers: a.payers + b.payers,
  negatives: a.negatives + b.negatives,
  sumLog: a.sumLog + b.sumLog,
  sumLogLog: a.sumLogLog + b.sumLogLog,
})

/** The mean of the logarithms, and the sum of the squared differences from it. 0 if nobody pays. */
export const logsOf = ({ payers, sumLog, sumLogLog }: LogSums) => ({
  meanLog: meanOf(sumLog, payers),
  squaresLog: about(sumLog, sumLog, sumLogLog, payers),
})

/** Of y, after the cap: the mean of n units, with its standard error. */
export const meanValueOf = ({ sumY, sumYY }: ExactSums, n: number) => ({
  meanValue: meanOf(sumY, n),
  meanError: Math.sqrt(about(sumY, sumY, sumYY, n) / n / (n - 1)),
})

/**
 * About the means of n units. Those who are not among the users have zeros only, so the sums are the same.
 */
export function centred(sums: ExactSums, n: number): RatioStatistics & AdjustedStatistics {
  const { sumY, sumYY, sumD, sumDD, sumYD, sumX, sumXX, sumXY } = sums
  return {
    n,
    centre: meanOf(sumY, n),
    centreD: meanOf(sumD, n),
    centreX: meanOf(sumX, n),
    sumY: 0,
    sumD: 0,
    sumX: 0,
    sumYY: about(sumY, sumY, sumYY, n),
    sumDD: about(sumD, sumD, sumDD, n),
    sumYD: about(sumY, sumD, sumYD, n),
    sumXX: about(sumX, sumX, sumXX, n),
    sumXY: about(sumX, sumY, sumXY, n),
  }
}

/** Without the cap. */
export const uncappedOf = ({ sumRawY, sumRawYY }: ExactSums, n: number): Measure => ({
  mean: meanOf(sumRawY, n),
  variance: about(sumRawY, sumRawY, sumRawYY, n) / n,
  n,
})

/** Exact but for the last rounding. 0 without units. */
const meanOf = (sum: bigint, n: number): number => (n > 0 ? Number(sum) / decimals / n : 0)

const about = (sumA: bigint, sumB: bigint, sumAB: bigint, n: number): number =>
  n > 0 ? Number(BigInt(n) * sumAB - sumA * sumB) / decimals ** 2 / n : 0
