// Who asks, and with what: what the routes that take a body have in common.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, ok } from '../../../core/model/problem.ts'
import type { SnapshotKey } from '../../../core/model/snapshot.ts'
import { authenticate } from '../../sdk/authenticate.ts'
import { readJson } from '../../http/body.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { Ports } from '../../contracts/ports.ts'

export interface Asked<T> {
  readonly compiled: CompiledSnapshot
  readonly key: SnapshotKey
  /** The key's text. */
  readonly shown: string
  readonly body: T
}

export async function ask<T>(
  { request, requestContext }: SdkRequest,
  ports: Ports,
  read: (body: unknown) => Result<T>,
  bytesMax: number,
): Promise<Result<Asked<T>>> {
  const shown = keyOf(request)
  const authenticated = authenticate(ports, requestContext, shown)
  const caller = authenticated instanceof Promise ? await authenticated : authenticated
  if (!caller.ok) return caller
  const json = await readJson(request, bytesMax)
  if (!json.ok) return json
  const body = read(json.value)
  if (!body.ok) return body
  const { compiled, key } = caller.value
  return ok({ compiled, key, shown, body: body.value })
}

function keyOf({ headers }: Request): string {
  const authorization = headers.get('authorization')
  const bearer = authorization === null ? undefined : /^Bearer (.+)$/i.exec(authorization)?.[1]
  return bearer ?? headers.get('x-api-key') ?? ''
}
