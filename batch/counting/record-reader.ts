// How a statement that counts in one go begins: over projections on disk (projected-records.ts), or over the
// records themselves (records-in-place.ts).
import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles, Window } from '../lake/cache.ts'
import type { Parameters } from '../lake/clickhouse.ts'
import type { Sources } from './source-change.ts'
import type { Tolerances } from './totals.ts'

/** Files of analytics/sql through goals.sql, and their parameters. */
export interface Reading {
  readonly beginning: readonly string[]
  readonly values: Parameters
}

export interface OpenRecords {
  readonly hasLinks: boolean
  /** For each window of links, in their order: whose persons count (link-scopes.ts). */
  readonly scopes: readonly (readonly number[])[]
  readonly reading: (slices: number, slice: number) => Result<Reading, Failure>
}

/** Whom an incremental count looks at, and which links are followed. */
export interface Wanted {
  readonly flags: readonly string[]
  readonly events: readonly string[]
  /** Of links (link-scopes.ts). */
  readonly windows: readonly Window[]
  /** Of more events of users who have news, all users are counted, slice by slice. Default: of slices.ts. */
  readonly recordsMax?: number | undefined
}

export interface RecordReader {
  /** All that a reading can begin with. */
  readonly beginnings: readonly (readonly string[])[]
  /** Whether users can be counted slice by slice, to need less memory. */
  readonly hasSlices: boolean
  /**
   * `linked`: the files whose aliases count, each in those of `windows` that it is in. The records are
   * readable until `work` is done.
   */
  read<T>(
    files: RecordFiles,
    linked: RecordFiles,
    windows: readonly Window[],
    work: (records: OpenRecords) => Promise<Result<T, Failure>>,
  ): Promise<Result<T, Failure>>
  /**
   * All events of the users alone who have news since the sources were counted, once as they were (side -1)
   * and once as they are (side 1). Undefined if a full count costs less, or if it cannot be done; so where
   * there is no such way.
   */
  readChange?<T>(
    before: Sources,
    files: RecordFiles,
    wanted: Wanted,
    tolerances: Tolerances,
    work: (reading: Reading, scopes: OpenRecords['scopes']) => Promise<Result<T, Failure>>,
  ): Promise<T | undefined>
}

/** `isAgain`: the count before failed, so nothing is trusted that was made earlier. */
export type ReaderOf = (environmentId: string, isAgain: boolean) => RecordReader

/** A join costs something even where there is nothing to join. */
export const peopleOf = (hasLinks: boolean) => (hasLinks ? 'linked' : 'unlinked')

/** Parameters of a statement over all users at once. */
export const everybody = { slices: 1, slice: 0, linked: 'all' } as const
