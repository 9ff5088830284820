// What requests to the admin API take and give, whichever part of it they are for.
import type { Result } from '../core/model/problem.ts'
import type { UnknownEntry } from './admin-api-schemas.ts'
import type { Failure } from './failure.ts'

export type ApiResult<T> = Promise<Result<T, Failure>>

/** A list of the API, parted into what this release understands and what it does not. */
export interface Listing<Entry> {
  readonly entries: readonly Entry[]
  readonly unknown: readonly UnknownEntry[]
}

export interface ApiResponse {
  readonly status: number
  /** undefined if the body is not JSON. */
  readonly content: unknown
}

export interface Sending {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly type: 'application/json' | 'text/plain'
}

export const post: Sending = { method: 'POST', type: 'application/json' }
