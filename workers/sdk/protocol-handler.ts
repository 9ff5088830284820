// A door answers the requests of one dialect. Its routes are few and known, and most requests go to one of
// them: a look at the path finds it.
import type { MaybePromise } from './maybe-promise.ts'
import { type CorsPolicy, allow, preflight } from './cors.ts'
import { logError } from '../http/log.ts'
import { pathOf } from '../http/path.ts'
import type { RequestContext } from './request-context.ts'

export interface ProtocolHandler {
  /** `path`: the request's, where it is known already. */
  fetch(request: Request, requestContext: RequestContext, path?: string): MaybePromise<Response>
}

/** What a route is given. */
export interface SdkRequest {
  readonly request: Request
  readonly path: string
  readonly requestContext: RequestContext
}

export interface DialectHandler {
  /** For the log. */
  readonly name: string
  readonly policy: CorsPolicy
  readonly route: (sdkRequest: SdkRequest) => MaybePromise<Response>
  /** The answer where something was thrown that nobody expected; it is logged. */
  readonly unexpected: (sdkRequest: SdkRequest) => Response
}

export const createHandler = (dialect: DialectHandler): ProtocolHandler => ({
  fetch: (request, requestContext, path = pathOf(request.url)) =>
    request.method === 'OPTIONS'
      ? preflight(request, dialect.policy)
      : answerTo({ request, path, requestContext }, dialect),
})

async function answerTo(
  sdkRequest: SdkRequest,
  { name, policy, route, unexpected }: DialectHandler,
): Promise<Response> {
  const { request, requestContext } = sdkRequest
  let response: Response
  try {
    response = await route(sdkRequest)
  } catch (error) {
    logError(name, error)
    requestContext.hasRevisionHeaders = false
    response = unexpected(sdkRequest)
  }
  // What a revision's answers share has the headers for everybody in it already.
  if (policy.origin === 'mirror' || !requestContext.hasRevisionHeaders)
    allow(response.headers, policy, request)
  return response
}
