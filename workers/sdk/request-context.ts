// One request, as far as it is no dialect's own matter: what the entry knows of it before it is answered, and
// what it learns of it for the headers, the log line and the metrics.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { ProblemCode } from '../../core/model/problem.ts'

export interface RequestContext {
  /** Epoch milliseconds. */
  readonly startedAt?: number
  /** Revision that the answer should be decided on, or a later one. */
  readonly atLeast?: number
  /** What was taken off the path; the environment has to have it as its prefix. */
  prefix?: string
  /** Of the client, for rate limits alone: it is neither logged nor kept. */
  readonly address?: string | undefined
  /** Filled by whoever answers. */
  compiled?: CompiledSnapshot
  staleMs?: number
  /** Flags decided. */
  decisions?: number
  refused?: ProblemCode
  /** Whether the answer was made with what is told of its revision (revision-headers.ts). */
  hasRevisionHeaders?: boolean
}

/** Headers of every dialect's answers that a browser may read. */
export const exposedHeaders = ['ETag', 'Retry-After', 'Server-Timing', 'X-Revision', 'X-Stale-Ms']
