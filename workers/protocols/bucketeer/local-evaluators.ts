// What the local evaluators of Bucketeer's server SDKs decide, by `sourceId` and `sdkVersion`. An SDK that is
// not listed gets the least: flags that every evaluator decides as we do.
import { compareVersions, parseVersion } from '../../../core/text/semver.ts'

export interface LocalEvaluator {
  readonly audiences: boolean
  readonly segmentRules: boolean
  /** Prerequisites of prerequisites, and flags named in the rules of others. */
  readonly deepDependencies: boolean
  /** Hashes UTF-8 and reads numbers, times and versions as Go does, and we do. */
  readonly readsAsGo: boolean
}

/** Node, with the TypeScript evaluator 0.0.8. */
export const leastEvaluator: LocalEvaluator = {
  audiences: false,
  segmentRules: false,
  deepDependencies: false,
  readsAsGo: false,
}

const goServer = 5

/**
 * The first that fits is taken. Go hashes with murmur3 and loads all dependencies from 1.5.5 on (its
 * changelog); up to 1.6 its evaluator is given the users of segments without their rules.
 */
const evaluators: readonly (readonly [sourceId: number, from: string, LocalEvaluator])[] = [
  [goServer, '1.7.0', { audiences: true, segmentRules: true, deepDependencies: true, readsAsGo: true }],
  [goServer, '1.5.5', { audiences: false, segmentRules: false, deepDependencies: true, readsAsGo: true }],
]

export function localEvaluatorOf(sourceId: number, sdkVersion: string): LocalEvaluator {
  const version = parseVersion(sdkVersion)
  const found =
    version &&
    evaluators.find(([id, from]) => id === sourceId && compareVersions(version, parseVersion(from)!) >= 0)
  return found?.[2] ?? leastEvaluator
}
