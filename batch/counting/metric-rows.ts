// Rows of counting/metric.sql, and their sums.
import * as z from 'zod'
import { addSums, type ExactSums, noSums } from '../statistics/exact-sums.ts'

/** An integer of any length, as text: JSON has no such numbers. */
const Integer = z.string().regex(/^-?\d+$/)

export const MetricRow = z.object({
  /** -1: users as they were. */
  side: z.int(),
  variationId: z.string(),
  users: z.int(),
  conversions: z.int(),
  unreadableUsers: z.int(),
  sumY: Integer,
  sumYY: Integer,
  sumD: Integer,
  sumDD: Integer,
  sumYD: Integer,
  sumX: Integer,
  sumXX: Integer,
  sumXY: Integer,
  sumRawY: Integer,
  sumRawYY: Integer,
  high: z.number().nullable(),
  /** Users who reached each step of a funnel. */
  stepUsers: z.array(z.int()),
})
export type MetricRow = z.infer<typeof MetricRow>

/** One row for each variation that has users. Nobody knows a quantile of several rows. */
export function addRows(rows: readonly MetricRow[]): MetricRow[] {
  const byVariation = Map.groupBy(
    rows.filter(({ variationId }) => variationId !== ''),
    ({ variationId }) => variationId,
  )
  return [...byVariation]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([variationId, own]) => ({ variationId, sums: own.map(signedSums).reduce(addSums, noSums) }))
    .filter(({ sums }) => sums.users > 0)
    .map(({ variationId, sums }) => ({ side: 1, variationId, high: null, ...textsOf(sums) }))
}

export const toSums = (row: MetricRow): ExactSums => signedSums({ ...row, side: 1 })

function signedSums(row: MetricRow): ExactSums {
  const sign = BigInt(row.side)
  return {
    users: row.side * row.users,
    conversions: row.side * row.conversions,
    unreadableUsers: row.side * row.unreadableUsers,
    sumY: sign * BigInt(row.sumY),
    sumYY: sign * BigInt(row.sumYY),
    sumD: sign * BigInt(row.sumD),
    sumDD: sign * BigInt(row.sumDD),
    sumYD: sign * BigInt(row.sumYD),
    sumX: sign * BigInt(row.sumX),
    sumXX: sign * BigInt(row.sumXX),
    sumXY: sign * BigInt(row.sumXY),
    sumRawY: sign * BigInt(row.sumRawY),
    sumRawYY: sign * BigInt(row.sumRawYY),
    stepUsers: row.stepUsers.map((users) => row.side * users),
  }
}

const textsOf = (sums: ExactSums) => ({
  ...sums,
  sumY: `${sums.sumY}`,
  sumYY: `${sums.sumYY}`,
  sumD: `${sums.sumD}`,
  sumDD: `${sums.sumDD}`,
  sumYD: `${sums.sumYD}`,
  sumX: `${sums.sumX}`,
  sumXX: `${sums.sumXX}`,
  sumXY: `${sums.sumXY}`,
  sumRawY: `${sums.sumRawY}`,
  sumRawYY: `${sums.sumRawYY}`,
  stepUsers: [...sums.stepUsers],
})
