// Limits of the data plane: freshness, waiting times and cache sizes. docs/architecture.md, "Freshness",
// explains them.

/** From this age on, a cached snapshot is checked after the response. */
export const refreshAfterMs = 500
/** From this age on, it is checked before the response: a revision published over a second ago decides. */
export const checkFirstAfterMs = 1_000
/** How long all waiting requests together wait for one such check before the cached snapshot answers. */
export const checkWithinMs = 250
/** How long a response waits for the minimum revision of its request. */
export const readYourWriteWithinMs = 1_000
/** Least time between two checks for a requested revision that does not exist yet. */
export const eagerCheckAfterMs = 50
/** While checks fail, the time to the next one. No request waits for it. */
export const retryAfterMs = 1_000
/** How long isolates of a data centre trust the newest revision that one of them read. */
export const sharedHeadForMs = 250
/** How long one source may take before the next is tried. */
export const sourceWithinMs = 1_000
/** How long an isolate waits for its first snapshot: enough for all sources in turn. */
export const firstCopyWithinMs = 4_500
/** A check that has not ended by then was cancelled with the request that started it. */
export const checkLostAfterMs = 10_000
/** A snapshot that was not confirmed for longer than this is reported as stale. */
export const staleAfterMs = 2_000
/** How long an environment that does not exist is not looked for again. */
export const unknownForMs = 1_000
/** Unknown environments that one isolate remembers. */
export const unknownMax = 10_000
/** How long an isolate trusts its list of new environments. */
export const recentForMs = 1_000
/** Compiled snapshots per isolate; the least recently used is dropped first. */
export const environmentsMax = 50
/**
 * Characters of JSON in all compiled snapshots: compiled, they take up to five times that, and an isolate has
 * 128 MB.
 */
export const snapshotCharactersMax = 16_000_000
/** Members of large segments in an isolate's cache, 8 bytes each. */
export const membersHeldMax = 4_000_000
/** Imported SDK keys that one isolate remembers, known or not. */
export const foreignKeysMax = 10_000
/** How long a known key is used without asking KV again. */
export const foreignKnownForMs = 60_000
/** How long an unknown key is not looked for again. */
export const foreignUnknownForMs = 10_000
