// Tackline's own stream of revisions: `GET /{environment}/changes`, for any SDK key of the environment. The
// key may be in the query, because EventSource cannot send headers.
import { type Result, refuse } from '../../core/model/problem.ts'
import { settingsOf } from '../../core/model/snapshot.ts'
import { authenticate } from '../sdk/authenticate.ts'
import { problemResponse } from '../http/problem-response.ts'
import type { RequestContext } from '../sdk/request-context.ts'
import type { Ports } from '../contracts/ports.ts'
import { openStream, revisionOf } from './open-stream.ts'

const cors = { 'access-control-allow-origin': '*' }

export async function changesResponse(
  request: Request,
  requestContext: RequestContext,
  ports: Ports,
): Promise<Response> {
  if (request.method === 'OPTIONS')
    return new Response(null, {
      status: 204,
      headers: { ...cors, 'access-control-allow-headers': 'authorization,x-api-key,last-event-id' },
    })
  const stream = await openChanges(request, requestContext, ports)
  if (stream.ok) return stream.value
  requestContext.refused = stream.problem.code
  return withCors(problemResponse(stream.problem))
}

async function openChanges(
  request: Request,
  requestContext: RequestContext,
  ports: Ports,
): Promise<Result<Response>> {
  const { pathname, searchParams } = new URL(request.url)
  const environmentId = pathname.split('/')[1] ?? ''
  if (request.method !== 'GET') return refuse('INVALID', 'only GET is allowed')
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const key = bearer ?? request.headers.get('x-api-key') ?? searchParams.get('key') ?? ''
  const caller = await authenticate(ports, requestContext, key)
  if (!caller.ok) return caller
  const { snapshot } = caller.value.compiled
  if (snapshot.environmentId !== environmentId)
    return refuse('FORBIDDEN', 'this key is of another environment')
  if (!settingsOf(snapshot).streams) return refuse('NOT_FOUND', 'this environment offers no streams')
  return openStream(request, caller.value.compiled, ports, {
    since: revisionOf(request.headers.get('last-event-id') ?? searchParams.get('since')),
    write: (revision, since) => `event: change\ndata: ${JSON.stringify({ revision, since })}`,
    headers: cors,
    key,
  })
}

function withCors(response: Response): Response {
  for (const [name, value] of Object.entries(cors)) response.headers.set(name, value)
  return response
}
