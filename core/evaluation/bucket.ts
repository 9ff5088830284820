// The bucket of a targeting key in a rollout with `fine` allocation.
import { murmur3x64Scaled } from '../hash/murmur3-x64-128.ts'
import { weightTotal } from '../model/limits.ts'

/**
 * In whole weight units, [0, 100000]. Hashes `flag key-targeting key-seed`, as Bucketeer does; for an
 * audience, `traffic-` precedes it.
 */
export const fineBucket = (before: string, targetingKey: string, after: string): number =>
  murmur3x64Scaled(before, targetingKey, after, weightTotal)
