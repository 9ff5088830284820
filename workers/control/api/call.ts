// A request of the admin API that has been authenticated, authorised and parsed: what a route's handler is
// given.
import type { Database } from '../../storage/database.ts'
import type { Place } from '../../storage/identity.ts'
import type { Caller } from '../auth/access.ts'
import type { ControlBindings } from '../bindings.ts'

/** The names in the braces of a path. */
type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name | keyof ParamsOf<Rest>]: string }
  : Readonly<Record<never, string>>

export interface Call<Path extends string = string, Query = unknown, Body = unknown> {
  readonly params: ParamsOf<Path>
  readonly query: Query
  readonly body: Body
  /** The version that the caller saw, by If-Match. */
  readonly ifMatch: number | undefined
  readonly caller: Caller
  /** Where the path leads; undefined where it names no place. */
  readonly place: Place | undefined
  readonly env: ControlBindings
  readonly database: Database
  /** Epoch milliseconds. */
  readonly now: number
  /** For what the declaration does not parse: headers, uploads. */
  readonly request: Request
}
