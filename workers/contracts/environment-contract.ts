// The interface of an environment's Durable Object, for callers that must not depend on its class.
import type { Command } from '../../core/change/command.ts'
import type { ExperimentChoice } from '../../core/model/experiment.ts'
import type { Moves } from '../../core/model/moves.ts'
import type { FieldProblem, Problem } from '../../core/model/problem.ts'

/** Who made a change: a person, a script by its token, or the system itself. */
export interface Actor {
  readonly kind: 'token' | 'member' | 'job' | 'trigger'
  readonly id: string
  readonly name: string
}

/** Where the request for a change came from. Stored in the audit trail. */
export interface Origin {
  readonly ip: string
  readonly userAgent: string
}

/** What the audit trail stores of every request. */
export interface RequestOrigin {
  readonly environmentId: string
  readonly actor: Actor
  readonly origin: Origin
}

export interface CommandRequest extends RequestOrigin {
  readonly command: Command
  readonly comment: string
  /** `try`: a dry run. */
  readonly mode: 'make' | 'try'
  /** What becomes of running experiments that the command would disturb. Absent: it is refused. */
  readonly experiment?: ExperimentChoice | undefined
}

export interface CreationRequest extends RequestOrigin {
  readonly organisationId: string
  readonly projectId: string
  readonly name: string
  readonly production: boolean
}

/** The users of one rule of a flag that a change moves to another variation. */
export interface FlagMoves extends Moves {
  readonly flagKey: string
}

export type CommandAnswer =
  | {
      readonly ok: true
      /** The revision that holds the change, or the newest one if nothing had to change. */
      readonly revision: number
      readonly changed: boolean
      /** Whether edge can read it already. If false, an alarm publishes it soon. */
      readonly published: boolean
      /** The changed entity, as JSON. */
      readonly entity: string
      /** What could not be carried over. */
      readonly notes: readonly FieldProblem[]
      readonly moves: readonly FlagMoves[]
      /** Of a dry run: each entity as it is and as it would be, as JSON. */
      readonly changes?: string
    }
  | { readonly ok: false; readonly problem: Problem }

/** The newest revision that edge can read. */
export type Head =
  | {
      readonly status: 'known'
      readonly revision: number
      /** A newer revision is committed, and could not be published. */
      readonly unpublished?: UnpublishedRevision
    }
  | { readonly status: 'unknown' }

export interface UnpublishedRevision {
  readonly revision: number
  /** Epoch milliseconds of the first attempt. */
  readonly since: number
  readonly attempts: number
}
