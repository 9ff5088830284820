// Connects AB Tasty's SDK to our routes with ports in memory, for tests that need no stack. The caller
// restores `fetch`.
import type { EventRecord } from '../../../analytics/records.ts'
import { flagshipIoRoutes } from '../../../workers/protocols/flagship-io/routes.ts'
import { callHandler } from '../call-handler.ts'
import { type Given, memoryPorts } from '../golden-cases.ts'

/** The requested paths, and the records sent to the queue. */
export function serveRoutes(given: Given): { paths: string[]; sent: EventRecord[] } {
  const { ports, sent } = memoryPorts(given)
  const routes = flagshipIoRoutes(ports)
  const paths: string[] = []
  globalThis.fetch = async (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    const { method = 'GET', headers = {}, body = null } = init ?? {}
    paths.push(pathname)
    return callHandler(routes, pathname + search, { method, headers, body })
  }
  return { paths, sent }
}
