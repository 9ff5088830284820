// What every route of this dialect does alike: who calls, what the body says, and how a refusal is told.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Problem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import { authenticate, readEnvironment } from '../../sdk/authenticate.ts'
import { readJson } from '../../http/body.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { parseWith } from '../../http/parse.ts'
import { retryHeaders, statusOf } from '../../http/problem-response.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { EventIds, IsNews } from './recent-events.ts'
import type { Receipt } from './to-record.ts'

/** What the routes of one isolate share. */
export interface Shared {
  readonly ports: Ports
  readonly idOf: EventIds
  readonly isNews: IsNews
}

export async function parseBody<T>(
  request: Request,
  schema: Parameters<typeof parseWith<T>>[0],
  bytesMax: number,
): Promise<Result<T>> {
  const json = await readJson(request, bytesMax)
  return json.ok ? parseWith(schema, json.value) : json
}

/**
 * The environment that is named has to be there, and the key has to be one of its own; without a name, the
 * key's environment is it.
 */
export async function callerOf(
  { request, requestContext }: SdkRequest,
  ports: Ports,
  environmentId: string | undefined,
): Promise<Result<CompiledSnapshot>> {
  if (environmentId !== undefined) {
    const named = await readEnvironment(ports, requestContext, environmentId)
    if (!named.ok) return named
  }
  const caller = await authenticate(ports, requestContext, request.headers.get('x-api-key') ?? '')
  if (!caller.ok)
    return caller.problem.code === 'FORBIDDEN' ? refuse('UNAUTHENTICATED', caller.problem.message) : caller
  const { compiled } = caller.value
  return environmentId === undefined || compiled.environmentId === environmentId
    ? ok(compiled)
    : refuse('UNAUTHENTICATED', 'invalid API key')
}

export const receiptOf = (
  { headers }: Request,
  compiled: CompiledSnapshot,
  { ports, idOf, isNews }: Shared,
): Receipt => ({
  compiled,
  now: ports.now(),
  idOf,
  isNews,
  sdk: `${headers.get('x-sdk-client') ?? ''}/${headers.get('x-sdk-version') ?? ''}`
    .slice(0, 200)
    .toWellFormed(),
})

/** Their body is a message alone; the code beside it is for programs, and ignored by the SDKs. */
export function fail(
  { code, message, fields = [] }: Problem,
  requestContext: RequestContext,
  status: number = statusOf[code],
): Response {
  requestContext.refused = code
  const whole =
    fields.length > 1
      ? fields.map((field) => `${field.path || 'the body'}: ${field.message}`).join('; ')
      : message
  return Response.json({ message: whole, code }, { status, headers: retryHeaders(code) })
}

export const noRoute = (requestContext: RequestContext) =>
  fail({ code: 'NOT_FOUND', message: 'there is no such route' }, requestContext)

/** As the vendor's server says it. */
export const onlyMethod = (method: 'GET' | 'POST', requestContext: RequestContext) =>
  fail({ code: 'INVALID', message: `only ${method} http method is allowed` }, requestContext)
