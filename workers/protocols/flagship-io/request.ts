// The first steps of AB Tasty's routes: authenticates the caller and parses the body.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { authenticate, readEnvironment } from '../../sdk/authenticate.ts'
import { enrichContext } from '../../sdk/enrich.ts'
import { originOf } from '../../sdk/event-origin.ts'
import { claimChecker } from '../../sdk/verify-exposure.ts'
import { readJson } from '../../http/body.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { parseWith } from '../../http/parse.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { IdentifyEvent, IsNewToday } from './recent-events.ts'
import type { RecordContext } from './to-record.ts'

/** What all routes of an isolate share. */
export interface RouteDependencies {
  readonly ports: Ports
  readonly identify: IdentifyEvent
  readonly isNewToday: IsNewToday
}

export async function parseBody<T>(
  request: Request,
  schema: Parameters<typeof parseWith<T>>[0],
  bytesMax: number,
): Promise<Result<T>> {
  const json = await readJson(request, bytesMax)
  return json.ok ? parseWith(schema, json.value) : json
}

/** If an environment is named, it must exist and the key must be one of its keys. */
export async function authenticateCaller(
  { request, requestContext }: SdkRequest,
  ports: Ports,
  environmentId: string | undefined,
): Promise<Result<CompiledSnapshot>> {
  if (environmentId !== undefined) {
    const environment = await readEnvironment(ports, requestContext, environmentId)
    if (!environment.ok) return environment
  }
  const caller = await authenticate(ports, requestContext, request.headers.get('x-api-key') ?? '')
  if (!caller.ok) return caller
  const { compiled } = caller.value
  return environmentId === undefined || compiled.environmentId === environmentId
    ? ok(compiled)
    : refuse('UNAUTHENTICATED', 'invalid API key')
}

export const recordContextOf = (
  { request, requestContext }: SdkRequest,
  compiled: CompiledSnapshot,
  { ports, identify, isNewToday }: RouteDependencies,
): RecordContext => ({
  compiled,
  now: requestContext.startedAt ?? ports.now(), // a retry must not seem late because a snapshot was loaded
  identify,
  isNewToday,
  origin: originOf(requestContext, ports, compiled.environmentId),
  checkClaim: claimChecker(ports, compiled),
  enrich: (context) => enrichContext(context, compiled, request),
  sdk: `${request.headers.get('x-sdk-client') ?? ''}/${request.headers.get('x-sdk-version') ?? ''}`
    .slice(0, 200)
    .toWellFormed(),
})
