// Serves the requests of one dialect: preflight, route, CORS, and a last resort for unexpected errors. There
// is no router: each dialect has few routes and finds them by comparing the path.
import { type CorsPolicy, addCorsHeaders, preflightResponse } from './cors.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { logError } from '../http/log.ts'
import { pathOf } from '../http/path.ts'
import type { RequestContext } from './request-context.ts'
import { hasCorsHeaders } from './revision-response.ts'

export interface ProtocolHandler {
  /** `path` is the path of the request; callers pass it if they have parsed it already. */
  fetch(request: Request, requestContext: RequestContext, path?: string): MaybePromise<Response>
}

/** The input of a route. */
export interface SdkRequest {
  readonly request: Request
  readonly path: string
  readonly requestContext: RequestContext
}

export interface DialectHandler {
  /** Names the dialect in the log. */
  readonly name: string
  readonly policy: CorsPolicy
  readonly route: (sdkRequest: SdkRequest) => MaybePromise<Response>
  /** Builds the response after an unexpected exception, which has been logged. */
  readonly onError: (sdkRequest: SdkRequest) => Response
}

export const createHandler = (dialect: DialectHandler): ProtocolHandler => ({
  fetch: (request, requestContext, path = pathOf(request.url)) =>
    request.method === 'OPTIONS'
      ? preflightResponse(request, dialect.policy)
      : respond({ request, path, requestContext }, dialect),
})

async function respond(
  sdkRequest: SdkRequest,
  { name, policy, route, onError }: DialectHandler,
): Promise<Response> {
  let response: Response
  try {
    response = await route(sdkRequest)
  } catch (error) {
    logError(name, error)
    response = onError(sdkRequest)
  }
  if (!hasCorsHeaders(response, policy)) addCorsHeaders(response.headers, policy, sdkRequest.request)
  return response
}
