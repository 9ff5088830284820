// The first steps of every gateway method: authenticates the caller, checks the key's role, and parses the
// body.
import type { $ZodType } from 'zod/v4/core'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { SdkKeyRole } from '../../../core/model/snapshot.ts'
import { type MaybePromise, chain } from '../../sdk/maybe-promise.ts'
import { authenticate } from '../../sdk/authenticate.ts'
import { readJson } from '../../http/body.ts'
import { parseWith } from '../../http/parse.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import { isRequired, readUsual, unusual } from './protojson.ts'

export interface Method<T> {
  readonly schema: $ZodType<T>
  readonly bytesMax: number
  readonly roles: readonly SdkKeyRole[]
}

export interface AuthenticatedRequest<T> {
  readonly compiled: CompiledSnapshot
  readonly body: T
}

export async function readRequest<T>(
  { request, requestContext }: SdkRequest,
  ports: Ports,
  method: Method<T>,
): Promise<Result<AuthenticatedRequest<T>>> {
  const authenticated = authenticateCaller(requestContext, ports, apiKeyOf(request), method.roles)
  const compiled = authenticated instanceof Promise ? await authenticated : authenticated
  if (!compiled.ok) return compiled
  const json = await readJson(request, method.bytesMax)
  if (!json.ok) return json
  const body = parseMessage(method.schema, json.value)
  return body.ok ? ok({ compiled: compiled.value, body: body.value }) : body
}

export const apiKeyOf = ({ headers }: Request): string => headers.get('authorization') ?? ''

/** Bucketeer answers 401 if there is no key, and 403 if the key is unknown or has another role. */
export const authenticateCaller = (
  requestContext: RequestContext,
  ports: Ports,
  apiKey: string,
  roles: readonly SdkKeyRole[],
): MaybePromise<Result<CompiledSnapshot>> =>
  chain(authenticate(ports, requestContext, apiKey), (caller) => {
    if (caller.ok)
      return roles.includes(caller.value.key.role)
        ? ok(caller.value.compiled)
        : refuse('FORBIDDEN', 'bad role')
    if (apiKey === '' || caller.problem.code !== 'UNAUTHENTICATED') return caller
    return refuse('FORBIDDEN', caller.problem.message)
  })

/**
 * Names all invalid fields in one sentence. A missing one is named as Bucketeer does: "user id is required".
 */
export function parseMessage<T>(schema: $ZodType<T>, value: unknown): Result<T> {
  const usual = readUsual(schema, value)
  if (usual !== unusual) return ok(usual as T)
  const parsed = parseWith(schema, value)
  if (parsed.ok) return parsed
  const fields = (parsed.problem.fields ?? []).slice(0, namedFieldsMax)
  const messages = fields.map(({ path, message }) =>
    message === isRequired
      ? `${inWords(path) || 'the body'} ${message}`
      : `${path || 'the body'}: ${message}`,
  )
  return refuse('INVALID', messages.join('; '))
}

const namedFieldsMax = 20

/** `user.id` becomes `user id`. */
const inWords = (path: string) =>
  path.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('.', ' ')
