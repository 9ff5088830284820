// Converts a campaign's bucket ranges to slices of a flag. Both use the same hash of the visitor's id, a
// whole number from 0 to 99, so the ends of ranges round up.
import type { Slice } from '../../../../core/model/flag.ts'
import type { Campaign } from './file.ts'

/** Undefined for everybody, also without any range, because the SDK ignores ranges. Empty for nobody. */
export function toSlices({ bucketRanges }: Pick<Campaign, 'bucketRanges'>): Slice[] | undefined {
  if (bucketRanges.length === 0) return undefined
  const ranges = bucketRanges
    .map(({ r: [start, end] }) => ({ from: bounded(start), to: bounded(end) }))
    .filter(({ from, to }) => from < to)
    .toSorted((a, b) => a.from - b.from)
  const slices: Slice[] = []
  for (const range of ranges) {
    const last = slices.at(-1)
    if (last && range.from <= last.to)
      slices[slices.length - 1] = { ...last, to: Math.max(last.to, range.to) }
    else slices.push(range)
  }
  const [first] = slices
  return first?.from === 0 && first.to === 100 ? undefined : slices
}

const bounded = (end: number) => Math.min(100, Math.max(0, Math.ceil(end)))
