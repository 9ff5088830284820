// Slices limit a flag to a part of all users. Flags with disjoint slices share no user, which keeps their
// experiments apart: a targeting key has the same bucket for every flag.
import type { Slice } from '../model/flag.ts'
import { murmur3x86 } from '../hash/murmur3-x86-32.ts'

/** 0 to 99, by the same hash as AB Tasty's servers. */
export const sliceBucket = (targetingKey: string): number => murmur3x86(targetingKey) % 100

export const isInSlices = (slices: readonly Slice[], bucket: number): boolean =>
  slices.some(({ from, to }) => from <= bucket && bucket < to)

/** Whether the slices include all users. */
export function coversEverybody(slices: readonly Slice[]): boolean {
  for (let bucket = 0; bucket < 100; bucket++) if (!isInSlices(slices, bucket)) return false
  return true
}
