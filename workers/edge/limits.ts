// The numbers of the data plane: how fresh, how long to wait, how much to keep. docs/architecture.md, "Freshness", says what they add up to.

/** Age from which a copy is checked behind the answer. */
export const refreshAfterMs = 500
/** Age from which a copy is checked before the answer: what was published more than a second ago is what decides. */
export const checkFirstAfterMs = 1_000
/** How long answers wait for one such check, all together, before they are given from the copy at hand. */
export const checkWithinMs = 250
/** How long an answer waits for the revision that its request asked for. */
export const readYourWriteWithinMs = 1_000
/** Asking for a revision that does not exist yet starts a check no more often than this. */
export const eagerCheckAfterMs = 50
/** While checks fail, how long to the next; nobody waits for it. */
export const retryAfterMs = 1_000
/** What one isolate of a data centre was told of the newest revision is good for the others this long. */
export const sharedHeadForMs = 250
/** How long one source is waited for before the next is asked. */
export const sourceWithinMs = 1_000
/** How long an isolate without a copy waits for its first; all sources in turn fit into it. */
export const firstCopyWithinMs = 4_500
/** A check that has not ended by then died with the request that began it. */
export const checkLostAfterMs = 10_000
/** Unconfirmed for longer than this, a copy is called stale. */
export const staleAfterMs = 2_000
/** How long an environment that does not exist is not asked for again. */
export const unknownForMs = 1_000
/** Environments found not to exist within that time; past it, only what KV knows is looked for: a scan of random ids wakes up no object. */
export const unknownMax = 200
/** Compiled environments per isolate; the least recently used leaves first. */
export const environmentsMax = 50
/** Characters of snapshots whose compiled forms are kept: a compiled one takes up to five times its text, an isolate has 128 MB. */
export const snapshotCharactersMax = 16_000_000
/** Members of large segments that an isolate remembers by their content: 8 bytes each. */
export const membersHeldMax = 4_000_000
/** Keys of other systems that one isolate remembers, known or not. */
export const foreignKeysMax = 10_000
/** How long a key that leads nowhere is not looked for again. */
export const foreignUnknownForMs = 10_000
