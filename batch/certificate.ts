// What `forget` hands over: what was removed of users, and what remains.
export interface Certificate {
  readonly environmentId: string
  /** SHA-256 of each targeting key. */
  readonly users: readonly string[]
  /** Epoch milliseconds. */
  readonly begunAt: number
  readonly records: number
  /** Objects of the lake that were written anew without them, or deleted. */
  readonly objects: number
  /** Of `bad/`: what ingest could not read. */
  readonly badObjects: number
  /** Segments whose lists and uploaded members do not hold them any more. */
  readonly segments: readonly string[]
  /** Sentences: what was looked at and could not be removed, and what to do. */
  readonly remaining: readonly string[]
  /** Sentences: where users may still be named, because `forget` does not look there. The same each time. */
  readonly notCovered: readonly string[]
  readonly isDryRun: boolean
}

export const notCovered: readonly string[] = [
  'Events that are still in the queue, for up to 38 hours: run forget again after two days.',
  'Kept assignments, until the user was not seen for half a year.',
  'Attribute values that were seen, kept for suggestions: without users, for 30 days.',
  'Individual targets of flags, and revisions and audit entries that name the user.',
  'Copies: exports, backups, other caches of the lake.',
]
