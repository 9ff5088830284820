// What the environment's Durable Object answers to the other Workers: the contract, without the class behind
// it.
import type { Command } from '../../core/change/command.ts'
import type { FieldProblem, Problem } from '../../core/model/problem.ts'

/** Who asked for a change: a person, a script by its token, or the system itself. */
export interface Actor {
  readonly kind: 'token' | 'member' | 'job' | 'trigger'
  readonly id: string
  readonly name: string
}

/** Where a change was asked for from. Kept in the audit trail. */
export interface Origin {
  readonly ip: string
  readonly userAgent: string
}

/** What the audit trail keeps of a request beside the command. */
export interface Asked {
  readonly environmentId: string
  readonly actor: Actor
  readonly origin: Origin
}

export interface CommandRequest extends Asked {
  readonly command: Command
  readonly comment: string
  /** `try`: say what would change, and change nothing. */
  readonly mode: 'make' | 'try'
}

export interface CreationRequest extends Asked {
  readonly organisationId: string
  readonly projectId: string
  readonly name: string
}

export type CommandAnswer =
  | {
      readonly ok: true
      /** The revision that holds the change; the current one where nothing had to change. */
      readonly revision: number
      readonly changed: boolean
      /** Whether edge can read it already; otherwise an alarm brings it there. */
      readonly published: boolean
      /** The changed entity, as JSON. */
      readonly entity: string
      /** What could not come along. */
      readonly notes: readonly FieldProblem[]
      /** Of a try: what each entity is and would be, as JSON. */
      readonly changes?: string
    }
  | { readonly ok: false; readonly problem: Problem }

export type Head = { readonly status: 'known'; readonly revision: number } | { readonly status: 'unknown' }
