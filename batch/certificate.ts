// What `forget` hands over: what was removed of users, and what remains.
import type { NamingFlag } from './jobs/naming-flags.ts'

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
  /** Kept assignments that were deleted; undefined in a dry run, and if they could not be. */
  readonly assignments: number | undefined
  /** Flags that name the users, for a person to edit. */
  readonly flags: readonly NamingFlag[]
  /** Sentences: what was looked at and could not be removed, and what to do. */
  readonly remaining: readonly string[]
  /** Sentences: where users may still be named, because `forget` does not look there. The same each time. */
  readonly notCovered: readonly string[]
  readonly isDryRun: boolean
}

export const notCovered: readonly string[] = [
  'Events that are still in the queue, for up to 38 hours: run forget again after two days.',
  'Attribute values that were seen, kept for suggestions: without users, for 30 days.',
  'Earlier revisions and audit entries that name the user.',
  'Copies: exports, backups, other caches of the lake.',
]
