// A campaign's bucket ranges as slices of a flag. Both cut by the same hash of the visitor's id, which gives
// whole numbers: a range's ends round up.
import type { Slice } from '../../../../core/model/flag.ts'
import type { Campaign } from './file.ts'

/**
 * Undefined: everybody, also where there is no range at all, since the SDK goes by none. An empty list:
 * nobody.
 */
export function toSlices({ bucketRanges }: Pick<Campaign, 'bucketRanges'>): Slice[] | undefined {
  if (bucketRanges.length === 0) return undefined
  const ranges = bucketRanges
    .map(({ r: [start, end] }) => ({ from: within(start), to: within(end) }))
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

const within = (end: number) => Math.min(100, Math.max(0, Math.ceil(end)))
