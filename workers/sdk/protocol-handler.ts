// A door answers the requests of one dialect. Its routes are few and known, and most requests go to one of them: a look at the path finds it.
import type { AtHand } from './maybe-promise.ts'
import { type CorsPolicy, allow, preflight } from './cors.ts'
import { logError } from '../http/log.ts'
import { pathOf } from '../http/path.ts'
import type { Visit } from './request-context.ts'

export interface Door {
  /** `path`: the request's, where it is known already. */
  fetch(request: Request, visit: Visit, path?: string): AtHand<Response>
}

/** What a route is given. */
export interface Incoming {
  readonly request: Request
  readonly path: string
  readonly visit: Visit
}

export interface Dialect {
  /** For the log. */
  readonly name: string
  readonly policy: CorsPolicy
  readonly route: (incoming: Incoming) => AtHand<Response>
  /** The answer where something was thrown that nobody expected; it is logged. */
  readonly unexpected: (incoming: Incoming) => Response
}

export const doorOf = (dialect: Dialect): Door => ({
  fetch: (request, visit, path = pathOf(request.url)) =>
    request.method === 'OPTIONS'
      ? preflight(request, dialect.policy)
      : answerTo({ request, path, visit }, dialect),
})

async function answerTo(incoming: Incoming, { name, policy, route, unexpected }: Dialect): Promise<Response> {
  const { request, visit } = incoming
  let response: Response
  try {
    response = await route(incoming)
  } catch (error) {
    logError(name, error)
    visit.isTold = false
    response = unexpected(incoming)
  }
  // What a revision's answers share has the headers for everybody in it already.
  if (policy.origin === 'mirror' || !visit.isTold) allow(response.headers, policy, request)
  return response
}
