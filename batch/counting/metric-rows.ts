// Rows of counting/metric.sql, and their sums.
import * as z from 'zod'
import { addSums, type ExactSums, noLogs, noSums } from '../statistics/exact-sums.ts'

/** An integer of any length, as text: JSON has no such numbers. */
const Integer = z.string().regex(/^-?\d+$/)

export const MetricRow = z.object({
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
  payers: z.int(),
  negatives: z.int(),
  sumLog: Integer,
  sumLogLog: Integer,
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
    .map(([variationId, own]) => ({ variationId, sums: own.map(toSums).reduce(addSums, noSums) }))
    .filter(({ sums }) => sums.users > 0)
    .map(({ variationId, sums }) => ({ variationId, high: null, ...textsOf(sums) }))
}

export function toSums(row: MetricRow): ExactSums {
  return {
    users: row.users,
    conversions: row.conversions,
    unreadableUsers: row.unreadableUsers,
    sumY: BigInt(row.sumY),
    sumYY: BigInt(row.sumYY),
    sumD: BigInt(row.sumD),
    sumDD: BigInt(row.sumDD),
    sumYD: BigInt(row.sumYD),
    sumX: BigInt(row.sumX),
    sumXX: BigInt(row.sumXX),
    sumXY: BigInt(row.sumXY),
    sumRawY: BigInt(row.sumRawY),
    sumRawYY: BigInt(row.sumRawYY),
    stepUsers: row.stepUsers,
    logs: {
      payers: row.payers,
      negatives: row.negatives,
      sumLog: BigInt(row.sumLog),
      sumLogLog: BigInt(row.sumLogLog),
    },
  }
}

const textsOf = ({ logs = noLogs, ...sums }: ExactSums) => ({
  ...sums,
  payers: logs.payers,
  negatives: logs.negatives,
  sumLog: `${logs.sumLog}`,
  sumLogLog: `${logs.sumLogLog}`,
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
