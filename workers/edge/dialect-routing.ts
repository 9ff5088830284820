// Which protocol a path belongs to, with or without an environment's path prefix.

export type DialectName = 'bucketeer' | 'flagship-io' | 'ofrep' | 'tackline'

const patterns: readonly (readonly [RegExp, DialectName])[] = [
  [/^\/ofrep\//, 'ofrep'],
  [/^\/(?:get_evaluations?|get_feature_flags|get_segment_users|register_events|track|ping)\/?$/, 'bucketeer'],
  [/^\/v1\/gateway\//, 'bucketeer'],
  [/^\/v2\//, 'flagship-io'],
  [/^\/(?:flagship-io\/|accounts\/[^/]+\/segments\/|v1\/segments\/)/, 'flagship-io'],
  [/^\/[^/]+\/(?:bucketing|accountSettings)\.json\/?$/, 'flagship-io'],
  [/^\/[^/]+\/changes(?:\/ticket)?\/?$/, 'tackline'],
  [/^\/(?:troubleshooting|analytics|emotionsai)?\/?$/, 'flagship-io'],
]

/** AB Tasty's SDKs append `{environment}/campaigns` to a base URL that may lack `/v2`, or its last slash. */
const bareDecision = /^\/(?:activate|(?:[^/]+\/)?(?:campaigns(?:\/[^/]+)?|flags|events))\/?$/

/** `POST /` takes AB Tasty's hits; `GET /` is the console. */
export function dialectOf(method: string, path: string): DialectName | undefined {
  if (path === '/' && (method === 'GET' || method === 'HEAD')) return undefined
  for (const [pattern, dialect] of patterns) if (pattern.test(path)) return dialect
  const isSent = method === 'POST' || method === 'OPTIONS'
  return isSent && bareDecision.test(path) ? 'flagship-io' : undefined
}

/** Path prefixes have at most this many segments (core/model/settings.ts). */
const prefixSegmentsMax = 4

/** Finds the protocol path behind a prefix. The admin API and OpenFeature's manifest API have no prefixes. */
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
