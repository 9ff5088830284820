// Counts many users slice by slice: each query reads the parts of some buckets, and the results are added up.
// A user is in one bucket, so the sums are those of one query; it needs a part of the memory and less time.
import { bucketsMax, recordsOf } from '../../analytics/manifest.ts'
import type { RecordFiles } from './cache.ts'
import type { ObservedVariation } from './observed-variation.ts'

/** Fewer records are counted by one query. */
export const slicedRecordsMin = 5_000_000
/** Each slice reads all raw objects, so many of them are no gain; a compaction makes them few. */
const rawObjectsMax = 200

/** Into how many slices the files are worth parting. */
export function slicesOf({ raw, parts }: RecordFiles, recordsMin = slicedRecordsMin): number {
  const bucketed = parts.map(({ part }) => part).filter(({ buckets }) => buckets === bucketsMax)
  return raw.length <= rawObjectsMax && recordsOf(bucketed) >= recordsMin ? bucketsMax : 1
}

/** The files with users of the slice; files that are not of one bucket are in every slice. */
export const sliceOf = ({ raw, parts }: RecordFiles, slices: number, slice: number): RecordFiles => ({
  raw,
  parts: parts.filter(
    ({ part: { bucket, buckets } }) => slices < buckets || buckets === 1 || bucket === slice,
  ),
})

type SourceRow = ObservedVariation & { readonly source: string }

/** Rows by variation and source become rows by variation. */
export function addUp(rows: readonly SourceRow[]): ObservedVariation[] {
  const byVariation = Map.groupBy(rows, ({ variationId }) => variationId)
  return [...byVariation]
    .map(([variationId, own]) => {
      const total = (field: Exclude<keyof ObservedVariation, 'variationId' | 'sourceUsers'>) =>
        own.reduce((sum, row) => sum + row[field], 0)
      const sources = Map.groupBy(own, ({ source }) => source)
      const usersOf = (some: readonly SourceRow[]) => some.reduce((sum, row) => sum + row.sourceUsers, 0)
      return {
        variationId,
        users: total('users'),
        conversions: total('conversions'),
        valueSum: total('valueSum'),
        valueSumOfSquares: total('valueSumOfSquares'),
        usersInTwoVariations: total('usersInTwoVariations'),
        verifiedUsers: total('verifiedUsers'),
        verifiedConversions: total('verifiedConversions'),
        unverifiedUsers: total('unverifiedUsers'),
        unverifiedConversions: total('unverifiedConversions'),
        sourceUsers: [...sources.values()].reduce((most, some) => Math.max(most, usersOf(some)), 0),
        usersWithoutUnit: total('usersWithoutUnit'),
      }
    })
    .toSorted((a, b) => (a.variationId < b.variationId ? -1 : 1))
}
