// Slices limit a flag to a part of all users. Flags with disjoint slices share no user, which keeps their
// experiments apart: a targeting key has the same bucket for every flag.
import type { Slice } from '../model/flag.ts'
import { murmur3x86 } from '../hash/murmur3-x86-32.ts'
import { slicesTotal } from '../model/limits.ts'

/** 0 to 99, by the same hash as AB Tasty's servers. */
export const sliceBucket = (targetingKey: string): number => murmur3x86(targetingKey) % 100

export const isInSlices = (slices: readonly Slice[], bucket: number): boolean =>
  slices.some(({ from, to }) => from <= bucket && bucket < to)

/** Whether the slices include all users. */
export function coversEverybody(slices: readonly Slice[]): boolean {
  for (let bucket = 0; bucket < 100; bucket++) if (!isInSlices(slices, bucket)) return false
  return true
}

/**
 * 0 to 9,999: the slice of a targeting key in a layer or a holdout, each of which has a salt of its own.
 * ClickHouse computes the same by `murmurHash3_32(concat(salt, ':', targetingKey)) % 10000`.
 */
export const saltedSlice = (salt: string, targetingKey: string): number =>
  murmur3x86(`${salt}:${targetingKey}`) % slicesTotal

/**
 * Whether it lies in one of some ranges: an odd number of their bounds is at or below it. The bounds ascend;
 * a range begins with every other one, and ends before the next.
 */
export const isBetween = (bounds: readonly string[], slice: number): boolean =>
  bounds.filter((bound) => Number(bound) <= slice).length % 2 === 1
