// Tackline's own stream of revisions: `GET /{environment}/changes`, for any SDK key of the environment. The
// key, or better a ticket, may be in the query, because EventSource cannot send headers. `POST
// /{environment}/changes/ticket` answers a ticket.
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import { settingsOf } from '../../core/model/snapshot.ts'
import { problemResponse } from '../http/problem-response.ts'
import type { RequestContext } from '../sdk/request-context.ts'
import type { Ports } from '../contracts/ports.ts'
import { openStream, revisionOf } from './open-stream.ts'
import { authenticate } from '../sdk/authenticate.ts'
import { authenticateListener, issueTicket } from './ticket.ts'

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
  const stream = await answerOf(request, requestContext, ports)
  if (stream.ok) return stream.value
  requestContext.refused = stream.problem.code
  return withCors(problemResponse(stream.problem))
}

async function answerOf(
  request: Request,
  requestContext: RequestContext,
  ports: Ports,
): Promise<Result<Response>> {
  const { pathname, searchParams } = new URL(request.url)
  const [, environmentId, , ticketSegment] = pathname.split('/')
  const isTicket = ticketSegment === 'ticket'
  const method = isTicket ? 'POST' : 'GET'
  if (request.method !== method) return refuse('INVALID', `only ${method} is allowed`)
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const header = bearer ?? request.headers.get('x-api-key')
  const inAddress = isTicket ? null : (searchParams.get('ticket') ?? searchParams.get('key'))
  const find = isTicket ? authenticate : authenticateListener // a ticket gets no other ticket
  const caller = await find(ports, requestContext, header ?? inAddress ?? '')
  if (!caller.ok) return caller
  const { snapshot } = caller.value.compiled
  if (snapshot.environmentId !== environmentId)
    return refuse('FORBIDDEN', 'this key is of another environment')
  if (!settingsOf(snapshot).streams) return refuse('NOT_FOUND', 'this environment offers no streams')
  if (isTicket) {
    const issued = await issueTicket(caller.value, ports)
    const own = { ...cors, 'cache-control': 'no-store' }
    return issued.ok ? ok(Response.json(issued.value, { headers: own })) : issued
  }
  return openStream(request, caller.value.compiled, ports, {
    since: revisionOf(request.headers.get('last-event-id') ?? searchParams.get('since')),
    write: (revision, since) => `event: change\ndata: ${JSON.stringify({ revision, since })}`,
    headers: cors,
    sha256: caller.value.key.sha256,
  })
}

function withCors(response: Response): Response {
  for (const [name, value] of Object.entries(cors)) response.headers.set(name, value)
  return response
}
