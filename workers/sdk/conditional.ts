// Conditional requests (RFC 9110, 13): compares what the client has with what would be sent.

export interface Validators {
  /**
   * Strong tags of all representations, one per encoding. The first belongs to the one that would be sent.
   */
  readonly etags: readonly [string, ...string[]]
  readonly lastModified: string | undefined
}

export type ConditionResult =
  | { readonly kind: 'send' }
  /** `etag` is the tag that matched. */
  | { readonly kind: 'unmodified'; readonly etag: string }
  | { readonly kind: 'failed' }

const send: ConditionResult = { kind: 'send' }

/** Dates have a resolution of a second, so they count only if there is no `if-none-match` (13.2.2). */
export function checkConditions(headers: Headers, { etags, lastModified }: Validators): ConditionResult {
  const ifMatch = headers.get('if-match')
  // Strong comparison: a weak tag matches nothing.
  if (ifMatch !== null && ifMatch.trim() !== '*' && !tagsIn(ifMatch).some((tag) => etags.includes(tag)))
    return { kind: 'failed' }
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) {
    if (ifNoneMatch.trim() === '*') return { kind: 'unmodified', etag: etags[0] }
    // Weak comparison: Cloudflare may have weakened our tags on their way to the client.
    const clientTags = tagsIn(ifNoneMatch).map(withoutWeakness)
    const etag = etags.find((tag) => clientTags.includes(tag))
    return etag === undefined ? send : { kind: 'unmodified', etag }
  }
  return isUnmodified(headers.get('if-modified-since'), lastModified)
    ? { kind: 'unmodified', etag: etags[0] }
    : send
}

/** Whether `if-none-match` names the tag, by weak comparison. For responses with a single representation. */
export function clientHasTag(headers: Headers, etag: string): boolean {
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch === null) return false
  return ifNoneMatch.trim() === '*' || tagsIn(ifNoneMatch).map(withoutWeakness).includes(etag)
}

const tagsIn = (list: string): string[] => list.match(/(?:W\/)?"[^"]*"/g) ?? []
const withoutWeakness = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)

/**
 * SDKs echo our header unchanged. Caches may send any date, which matches unless it is before ours (13.1.3).
 */
function isUnmodified(since: string | null, lastModified: string | undefined): boolean {
  if (since === null || lastModified === undefined) return false
  return since === lastModified || Date.parse(since) >= Date.parse(lastModified)
}
