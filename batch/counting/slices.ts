// Counts many users slice by slice: each query reads the parts of some buckets, and the results are added up.
// A user is in one bucket, so the sums are those of one query. Memory then depends on a slice, not on all.
import { bucketsMax, recordsOf } from '../../analytics/manifest.ts'
import type { RecordFiles } from '../lake/cache.ts'

/** About 2 GB where all of them match; a slice more costs half a second. */
export const sliceRecordsMax = 4_000_000

/**
 * Into how many slices the files are worth parting: 1, 2, 4, 8 or 16, so that a slice is of whole buckets.
 */
export function slicesOf({ parts }: RecordFiles, recordsMax = sliceRecordsMax): number {
  const bucketed = parts.map(({ part }) => part).filter(({ buckets }) => buckets === bucketsMax)
  let slices = 1
  while (slices < bucketsMax && recordsOf(bucketed) > slices * recordsMax) slices *= 2
  return slices
}

/** The files with users of the slice; files that are not of one bucket are in every slice. */
export const sliceOf = <Files extends RecordFiles>(files: Files, slices: number, slice: number): Files => ({
  ...files,
  parts: files.parts.filter(({ part: { bucket, buckets } }) => buckets === 1 || bucket % slices === slice),
})
