// What every method of the gateway begins with (key, role, body) and how it says no.
import type { $ZodType } from 'zod/v4/core'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Problem, type ProblemCode, type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { SdkKeyRole } from '../../../core/model/snapshot.ts'
import { type MaybePromise, chain } from '../../sdk/maybe-promise.ts'
import { authenticate } from '../../sdk/authenticate.ts'
import { readJson } from '../../http/body.ts'
import { parseWith } from '../../http/parse.ts'
import { retryHeaders } from '../../http/problem-response.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import { isRequired } from './protojson.ts'

export interface Method<T> {
  readonly schema: $ZodType<T>
  readonly bytesMax: number
  readonly roles: readonly SdkKeyRole[]
}

export interface Call<T> {
  readonly compiled: CompiledSnapshot
  readonly body: T
}

export async function ask<T>(
  { request, requestContext }: SdkRequest,
  ports: Ports,
  method: Method<T>,
): Promise<Result<Call<T>>> {
  const admitted = admit(requestContext, ports, keyOf(request), method.roles)
  const compiled = admitted instanceof Promise ? await admitted : admitted
  if (!compiled.ok) return compiled
  const json = await readJson(request, method.bytesMax)
  if (!json.ok) return json
  const body = parse(method.schema, json.value)
  return body.ok ? ok({ compiled: compiled.value, body: body.value }) : body
}

export const keyOf = ({ headers }: Request): string => headers.get('authorization') ?? ''

/** The environment of a key whose role may do this. */
export const admit = (
  requestContext: RequestContext,
  ports: Ports,
  key: string,
  roles: readonly SdkKeyRole[],
): MaybePromise<Result<CompiledSnapshot>> =>
  chain(authenticate(ports, requestContext, key), (caller) => {
    if (!caller.ok) return caller
    return roles.includes(caller.value.key.role) ? ok(caller.value.compiled) : refuse('FORBIDDEN', 'bad role')
  })

/** Names every bad field, in one sentence: Bucketeer's "user id is required" where something is missing. */
export function parse<T>(schema: $ZodType<T>, value: unknown): Result<T> {
  const parsed = parseWith(schema, value)
  if (parsed.ok) return parsed
  const complaints = (parsed.problem.fields ?? []).slice(0, complaintsMax).map(({ path, message }) => {
    if (message === isRequired) return `${wordsOf(path) || 'the body'} ${message}`
    return `${path || 'the body'}: ${message}`
  })
  return refuse('INVALID', complaints.join('; '))
}

const complaintsMax = 20

/** Of a field's path: `user.id` is the user id. */
const wordsOf = (path: string) =>
  path.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('.', ' ')

/** grpc-gateway's error body: HTTP status and gRPC code. */
const statuses = {
  INVALID: [400, 3],
  UNAUTHENTICATED: [401, 16],
  FORBIDDEN: [403, 7],
  NOT_FOUND: [404, 5],
  CONFLICT: [409, 10],
  IN_USE: [409, 10],
  TOO_LARGE: [413, 8],
  RATE_LIMITED: [429, 8],
  UNAVAILABLE: [503, 14],
} as const satisfies Record<ProblemCode, readonly [http: number, grpc: number]>

export function fail({ code, message }: Problem, requestContext: RequestContext): Response {
  const [status, grpc] = statuses[code]
  requestContext.refused = code
  const body = { code: grpc, message: `gateway: ${message}`, details: [] }
  return Response.json(body, { status, headers: retryHeaders(code) })
}

/** gRPC's UNIMPLEMENTED, with HTTP's own status for a method of another name. */
export function notAllowed(method: string): Response {
  const body = { code: 12, message: `gateway: method not allowed, use ${method}`, details: [] }
  return Response.json(body, { status: 405, headers: { allow: method } })
}

export function unimplemented(): Response {
  const body = { code: 12, message: 'gateway: this method is not implemented', details: [] }
  return Response.json(body, { status: 501 })
}
