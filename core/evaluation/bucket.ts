// The place of a targeting key in a rollout.
import { murmur3x64Scaled } from '../hash/murmur3-x64-128.ts'
import { weightTotal } from '../model/limits.ts'

/** Fine allocation, in whole weight units: [0, 100000]. Hashes `flag key-targeting key-seed`, as Bucketeer; an audience puts `traffic-` before. */
export const fineBucket = (before: string, targetingKey: string, after: string): number =>
  murmur3x64Scaled(before, targetingKey, after, weightTotal)
