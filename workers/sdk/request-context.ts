// What edge knows about one request in any dialect: its inputs, and what the routes report for headers, log
// line and metrics.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { SdkKeyRole } from '../../core/model/snapshot.ts'
import type { ProblemCode } from '../../core/model/problem.ts'

export interface RequestContext {
  /** Epoch milliseconds. */
  readonly startedAt?: number
  /** The lowest revision that the client wants its answer decided on. */
  readonly atLeast?: number
  /** Path prefix that was removed from the path. It must match the environment's setting. */
  prefix?: string
  /** The client's address. It is neither logged nor stored; records have a pseudonym (event-origin.ts). */
  readonly address?: string | undefined
  /** Set by the routes, like all that follow: the snapshot that decided. */
  compiled?: CompiledSnapshot
  /** The role of the key that was accepted. */
  keyKind?: SdkKeyRole
  /** How long the snapshot could not be confirmed as the newest, in milliseconds. */
  staleMs?: number
  /** Number of flags decided. */
  decisions?: number
  refused?: ProblemCode
}
