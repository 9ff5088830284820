// What the environment's Durable Object answers to the other Workers: the contract, without the class behind it.
import type { Command } from '../core/command.ts'
import type { Problem } from '../core/problem.ts'

export interface CommandRequest {
  readonly environmentId: string
  readonly command: Command
  readonly actor: { readonly kind: 'token'; readonly id: string; readonly name: string }
  readonly comment: string
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
    }
  | { readonly ok: false; readonly problem: Problem }

export type Head = { readonly status: 'known'; readonly revision: number } | { readonly status: 'unknown' }
