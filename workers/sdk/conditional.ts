// Conditional requests (RFC 9110, 13): whether what the client has is what we would send.

export interface Validators {
  /**
   * Strong tags of all representations: each encoding has its own. The first is the one that would be sent.
   */
  readonly etags: readonly [string, ...string[]]
  readonly lastModified: string | undefined
}

export type Condition =
  | { readonly kind: 'send' }
  /** With the tag that matched. */
  | { readonly kind: 'unmodified'; readonly etag: string }
  | { readonly kind: 'failed' }

const send: Condition = { kind: 'send' }

/** A tag decides alone where there is one (13.2.2); dates, which know no less than a second, only without. */
export function conditionOf(headers: Headers, { etags, lastModified }: Validators): Condition {
  const ifMatch = headers.get('if-match')
  if (ifMatch !== null && ifMatch.trim() !== '*' && !tagsOf(ifMatch).some((tag) => etags.includes(tag)))
    return { kind: 'failed' } // strong comparison: a weak tag matches nothing
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) {
    if (ifNoneMatch.trim() === '*') return { kind: 'unmodified', etag: etags[0] }
    const had = tagsOf(ifNoneMatch).map(opaque)
    // weak comparison: Cloudflare may have turned ours weak on the way out
    const etag = etags.find((tag) => had.includes(tag))
    return etag === undefined ? send : { kind: 'unmodified', etag }
  }
  return isUnmodified(headers.get('if-modified-since'), lastModified)
    ? { kind: 'unmodified', etag: etags[0] }
    : send
}

/**
 * Whether the client has what the tag names, by weak comparison: of an answer that is the only one at its
 * address, made for this request alone.
 */
export function hasTag(headers: Headers, etag: string): boolean {
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch === null) return false
  return ifNoneMatch.trim() === '*' || tagsOf(ifNoneMatch).map(opaque).includes(etag)
}

const tagsOf = (list: string): string[] => list.match(/(?:W\/)?"[^"]*"/g) ?? []
const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)

/**
 * SDKs echo the header as they got it; caches may send another date, which counts where it is not before ours
 * (13.1.3).
 */
function isUnmodified(since: string | null, lastModified: string | undefined): boolean {
  if (since === null || lastModified === undefined) return false
  return since === lastModified || Date.parse(since) >= Date.parse(lastModified)
}
