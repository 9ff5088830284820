// Members of large segments in the isolate's memory, keyed by the hash of their content: a new revision of
// the environment only reads the sets that changed.
import { type Members, decodeMembers } from '../../core/model/members.ts'
import { membersHeldMax } from './limits.ts'

const cache = new Map<string, Members>() // oldest first

export const cachedMembers = (sha256: string): Members | undefined => cache.get(sha256)

/**
 * Decodes the bytes and caches the members, also if the request that started the read no longer waits: the
 * next one then finds them. Compiled snapshots keep references to their own members; this cache is bounded by
 * `membersHeldMax`.
 */
export const rememberMembers =
  (sha256: string) =>
  (bytes: ArrayBuffer | null | undefined): Members | undefined => {
    const members = bytes ? decodeMembers(new Uint8Array(bytes)) : undefined
    if (!members) return undefined
    cache.delete(sha256)
    cache.set(sha256, members)
    let total = 0
    for (const { high } of cache.values()) total += high.length
    for (const [oldest, { high }] of cache) {
      if (total <= membersHeldMax || oldest === sha256) break
      cache.delete(oldest)
      total -= high.length
    }
    return members
  }
