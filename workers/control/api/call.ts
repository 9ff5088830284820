// A request that has been authorised and parsed: the input of a route's handler.
import type { Database } from '../../storage/database.ts'
import type { Scope } from '../../storage/identity.ts'
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
  /** The version that If-Match names; undefined if the caller accepts any. */
  readonly ifMatch: number | undefined
  readonly caller: Caller
  /** The organisation and environment that the path names; undefined if it names none. */
  readonly scope: Scope | undefined
  readonly env: ControlBindings
  readonly database: Database
  /** Epoch milliseconds. */
  readonly now: number
  /** For headers, uploads and whatever else the declaration does not parse. */
  readonly request: Request
}

/** A path parameter by name, for handlers that serve more than one path. Empty if the path lacks it. */
export const pathParam = ({ params }: Call, name: string): string =>
  (params as Readonly<Record<string, string>>)[name] ?? ''
