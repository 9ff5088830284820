// Which dialect a path belongs to, whatever comes before it: for the log, the metrics, and environments that have a path prefix.

export type DialectName = 'bucketeer' | 'flagship-io' | 'ofrep' | 'tackline'

const handlers: readonly (readonly [RegExp, DialectName])[] = [
  [/^\/ofrep\//, 'ofrep'],
  [/^\/(?:get_evaluations?|get_feature_flags|get_segment_users|register_events|track|ping)\/?$/, 'bucketeer'],
  [/^\/v1\/gateway\//, 'bucketeer'],
  [/^\/v2\//, 'flagship-io'],
  [/^\/(?:flagship-io\/|accounts\/[^/]+\/segments\/|v1\/segments\/)/, 'flagship-io'],
  [/^\/[^/]+\/(?:bucketing|accountSettings)\.json\/?$/, 'flagship-io'],
  [/^\/[^/]+\/changes\/?$/, 'tackline'],
  [/^\/(?:troubleshooting|analytics|emotionsai)?\/?$/, 'flagship-io'],
]

/** The root is a door for AB Tasty's hits alone: who gets it wants the console. */
export function dialectOf(method: string, path: string): DialectName | undefined {
  if (path === '/' && (method === 'GET' || method === 'HEAD')) return undefined
  for (const [pattern, dialect] of handlers) if (pattern.test(path)) return dialect
  return undefined
}

/** The settings allow prefixes of so many segments. */
const prefixSegmentsMax = 4

/** A path that is a door once some segments are taken off it. The admin API and OpenFeature's manifest have none. */
export function withoutPrefix(
  method: string,
  path: string,
): { dialect: DialectName; prefix: string; path: string } | undefined {
  if (path.startsWith('/api/') || path.startsWith('/openfeature/')) return undefined
  let at = 0
  for (let segments = 0; segments < prefixSegmentsMax; segments++) {
    const next = path.indexOf('/', at + 1)
    at = next === -1 ? path.length : next
    const rest = path.slice(at) || '/'
    const dialect = dialectOf(method, rest)
    if (dialect) return { dialect, prefix: path.slice(0, at), path: rest }
    if (next === -1) return undefined
  }
  return undefined
}
