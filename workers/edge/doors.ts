// Which dialect a path belongs to, whatever comes before it: for the log, the metrics, and environments that have a path prefix.

export type Dialect = 'bucketeer' | 'flagship-io' | 'ofrep' | 'tackline'

const doors: readonly (readonly [RegExp, Dialect])[] = [
  [/^\/ofrep\//, 'ofrep'],
  [/^\/(?:get_evaluations?|get_feature_flags|get_segment_users|register_events|track|ping)\/?$/, 'bucketeer'],
  [/^\/v1\/gateway\//, 'bucketeer'],
  [/^\/v2\//, 'flagship-io'],
  [/^\/[a-z0-9][a-z0-9-]{0,39}\/(?:bucketing|accountSettings)\.json$/, 'flagship-io'],
  [/^\/(?:troubleshooting|analytics|emotionsai)?$/, 'flagship-io'],
  [/^\/[a-z0-9][a-z0-9-]{0,39}\/changes$/, 'tackline'],
]

export function dialectOf(path: string): Dialect | undefined {
  return doors.find(([pattern]) => pattern.test(path))?.[1]
}

/** The settings allow prefixes of so many segments. */
const prefixSegmentsMax = 4

/** A path that is a door once some segments are taken off it. The admin API has no prefix; the root is a door for hits alone. */
export function withoutPrefix(method: string, path: string): { prefix: string; path: string } | undefined {
  if (path.startsWith('/api/')) return undefined
  let at = 0
  for (let segments = 0; segments < prefixSegmentsMax; segments++) {
    const next = path.indexOf('/', at + 1)
    at = next === -1 ? path.length : next
    const rest = path.slice(at) || '/'
    const isDoor = rest === '/' ? method !== 'GET' && method !== 'HEAD' : dialectOf(rest) !== undefined
    if (isDoor) return { prefix: path.slice(0, at), path: rest }
    if (next === -1) return undefined
  }
  return undefined
}
