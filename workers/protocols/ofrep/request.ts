// The first steps of every OFREP route: authenticates the caller and parses the body.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, ok } from '../../../core/model/problem.ts'
import type { SnapshotKey } from '../../../core/model/snapshot.ts'
import { type Caller, authenticate } from '../../sdk/authenticate.ts'
import { type MaybePromise, chain } from '../../sdk/maybe-promise.ts'
import { readJson } from '../../http/body.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'

export interface AuthenticatedRequest<T> {
  readonly compiled: CompiledSnapshot
  readonly key: SnapshotKey
  /** The text of the key. */
  readonly apiKey: string
  readonly body: T
}

export async function readRequest<T>(
  sdkRequest: SdkRequest,
  ports: Ports,
  parse: (body: unknown) => Result<T>,
  bytesMax: number,
): Promise<Result<AuthenticatedRequest<T>>> {
  const apiKey = apiKeyOf(sdkRequest.request)
  const authenticated = authenticateCaller(sdkRequest, ports, apiKey)
  const caller = authenticated instanceof Promise ? await authenticated : authenticated
  if (!caller.ok) return caller
  const json = await readJson(sdkRequest.request, bytesMax)
  if (!json.ok) return json
  const body = parse(json.value)
  if (!body.ok) return body
  const { compiled, key } = caller.value
  return ok({ compiled, key, apiKey, body: body.value })
}

/** OFREP tells a missing key (401) from one that is not accepted (403). */
export const authenticateCaller = (
  { requestContext }: SdkRequest,
  ports: Ports,
  apiKey: string,
  find: (ports: Ports, ...given: [RequestContext, string]) => MaybePromise<Result<Caller>> = authenticate,
): MaybePromise<Result<Caller>> =>
  chain(find(ports, requestContext, apiKey), (caller) => {
    if (caller.ok || apiKey === '' || caller.problem.code !== 'UNAUTHENTICATED') return caller
    return { ok: false, problem: { ...caller.problem, code: 'FORBIDDEN' } }
  })

export function apiKeyOf({ headers }: Request): string {
  const authorization = headers.get('authorization')
  const bearer = authorization === null ? undefined : /^Bearer (.+)$/i.exec(authorization)?.[1]
  return bearer ?? headers.get('x-api-key') ?? ''
}
