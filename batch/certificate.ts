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
  /** Sentences: what could not be removed, and what to do. Empty if nothing remains. */
  readonly remaining: readonly string[]
  readonly isDryRun: boolean
}
