// Calls a protocol handler directly, without a network.
import type { RequestContext } from '../../workers/sdk/request-context.ts'

interface Handler {
  fetch(request: Request, requestContext: RequestContext): Response | Promise<Response>
}

/** `to` is a path, a URL, or a complete request. */
export async function callHandler(
  handler: Handler,
  to: string | Request,
  init?: RequestInit,
  requestContext: RequestContext = {},
): Promise<Response> {
  return handler.fetch(
    to instanceof Request ? to : new Request(new URL(to, 'http://edge.test'), init),
    requestContext,
  )
}
