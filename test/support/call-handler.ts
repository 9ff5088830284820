// Asks a door without a network before it.
import type { Visit } from '../../workers/sdk/request-context.ts'

interface Asked {
  fetch(request: Request, visit: Visit): Response | Promise<Response>
}

/** `to`: a path, an address, or a whole request. */
export async function askDoor(
  door: Asked,
  to: string | Request,
  init?: RequestInit,
  visit: Visit = {},
): Promise<Response> {
  return door.fetch(to instanceof Request ? to : new Request(new URL(to, 'http://edge.test'), init), visit)
}
