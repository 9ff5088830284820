// A door answers the requests of one dialect. Its routes are few and known, and most requests go to one of them: a look at the path finds it.
import type { Visit } from './visit.ts'

export interface Door {
  /** `path`: the request's, where it is known already. */
  fetch(request: Request, visit: Visit, path?: string): Response | Promise<Response>
}

/** What a route is given. */
export interface Incoming {
  readonly request: Request
  readonly path: string
  readonly visit: Visit
}
