// The report on requests, added up: by hour for bars, by protocol and outcome for a table. Pure.
import type { RequestReport } from '../../../workers/control/api/report-answers.ts'

type Row = RequestReport['hours'][number]

export interface Total {
  readonly protocol: string
  readonly outcome: string
  readonly requests: number
  readonly decisions: number
  /** The slowest hour's. */
  readonly p95Ms: number
  /** Weighted by requests. */
  readonly staleMs: number
}

/** Most requests first. */
export const totalsOf = (rows: readonly Row[]): Total[] =>
  [...Map.groupBy(rows, ({ protocol, outcome }) => JSON.stringify([protocol, outcome])).values()]
    .map((group) => {
      const requests = sumOf(group, ({ requests: count }) => count)
      return {
        protocol: group[0]!.protocol,
        outcome: group[0]!.outcome,
        requests,
        decisions: sumOf(group, ({ decisions }) => decisions),
        p95Ms: Math.max(...group.map(({ p95Ms }) => p95Ms)),
        staleMs: requests === 0 ? 0 : sumOf(group, (row) => row.staleMs * row.requests) / requests,
      }
    })
    .toSorted((a, b) => b.requests - a.requests)

export const isAnswered = ({ outcome }: Pick<Row, 'outcome'>): boolean => outcome === 'OK'

export const hoursOf = (rows: readonly Row[]) =>
  [...Map.groupBy(rows, ({ hour }) => hour)].map(([hour, group]) => ({
    hour,
    answered: sumOf(group.filter(isAnswered), ({ requests }) => requests),
    refused: sumOf(
      group.filter((row) => !isAnswered(row)),
      ({ requests }) => requests,
    ),
  }))

const sumOf = <T>(rows: readonly T[], of: (row: T) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0)
