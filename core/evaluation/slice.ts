// Slices of everybody: flags that have different ones meet different users, which keeps their experiments apart. The place of a targeting
// key depends on nothing but the key, so that all flags cut alike.
import type { Slice } from '../model/flag.ts'
import { murmur3x86 } from '../hash/murmur3-x86-32.ts'

/** 0 to 99: AB Tasty's servers cut by the same. */
export const sliceBucket = (targetingKey: string): number => murmur3x86(targetingKey) % 100

export const isInSlices = (slices: readonly Slice[], place: number): boolean =>
  slices.some(({ from, to }) => from <= place && place < to)

/** Whether they leave nobody out. */
export function isEverybody(slices: readonly Slice[]): boolean {
  for (let place = 0; place < 100; place++) if (!isInSlices(slices, place)) return false
  return true
}
