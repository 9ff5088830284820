// Asks a door without a network before it.
import type { RequestContext } from '../../workers/sdk/request-context.ts'

interface Asked {
  fetch(request: Request, requestContext: RequestContext): Response | Promise<Response>
}

/** `to`: a path, an address, or a whole request. */
export async function askDoor(
  door: Asked,
  to: string | Request,
  init?: RequestInit,
  requestContext: RequestContext = {},
): Promise<Response> {
  return door.fetch(
    to instanceof Request ? to : new Request(new URL(to, 'http://edge.test'), init),
    requestContext,
  )
}
