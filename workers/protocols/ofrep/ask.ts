// Who asks, and with what: what the routes that take a body have in common.
import type { CompiledSnapshot } from '../../../core/compile.ts'
import { type Result, ok } from '../../../core/problem.ts'
import type { SnapshotKey } from '../../../core/snapshot.ts'
import { authenticate } from '../../http/authenticate.ts'
import { readJson } from '../../http/body.ts'
import { parseWith } from '../../http/parse.ts'
import type { VisitContext } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'

export interface Asked<T> {
  readonly compiled: CompiledSnapshot
  readonly key: SnapshotKey
  /** The key's text. */
  readonly shown: string
  readonly body: T
}

export async function ask<T>(
  c: VisitContext,
  ports: Ports,
  schema: Parameters<typeof parseWith<T>>[0],
  bytesMax: number,
): Promise<Result<Asked<T>>> {
  const shown = keyOf(c)
  const caller = await authenticate(ports, c.env, shown)
  if (!caller.ok) return caller
  const json = await readJson(c.req.raw, bytesMax)
  if (!json.ok) return json
  const body = parseWith(schema, json.value)
  return body.ok ? ok({ ...caller.value, shown, body: body.value }) : body
}

function keyOf({ req }: VisitContext): string {
  const bearer = /^Bearer (.+)$/i.exec(req.header('authorization') ?? '')?.[1]
  return bearer ?? req.header('x-api-key') ?? ''
}
