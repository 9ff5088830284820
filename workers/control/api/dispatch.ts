// From a request to its route's answer: let in, parse everything, handle, and give the result HTTP's form.
import type { Context } from 'hono'
import type * as z from 'zod'
import { type FieldProblem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import { readJson } from '../../http/body.ts'
import { fieldsOf } from '../../http/parse.ts'
import { logError } from '../../http/log.ts'
import { problemResponse } from '../../http/problem-response.ts'
import { openDatabase } from '../../storage/database.ts'
import { accessSettings } from '../auth/access-jwt.ts'
import type { ControlBindings } from '../bindings.ts'
import { admit } from '../auth/identify.ts'
import type { Call } from './call.ts'
import type { Route } from './route.ts'

/** Of routes that name no other limit. */
export const bodyBytesMax = 4 * 1024 * 1024

export async function dispatch(route: Route, c: Context<{ Bindings: ControlBindings }>): Promise<Response> {
  const { env } = c
  const database = openDatabase(env.DB)
  const request = c.req.raw
  const now = Date.now()
  const params: Readonly<Record<string, string>> = c.req.param()
  const later = (work: Promise<unknown>) =>
    c.executionCtx.waitUntil(work.catch((cause: unknown) => logError('later', cause)))
  const arrival = { request, database, access: accessSettings(env), now, later }
  const admitted = await admit(arrival, route.needs, params)
  if (!admitted.ok) return problemResponse(admitted.problem)
  const input = await parseInput(route, request, c.req.query())
  if (!input.ok) return problemResponse(input.problem)
  const call = { ...admitted.value, ...input.value, params, env, database, now, request } as Call
  const answered = await route.handle(call)
  return answered instanceof Response ? answered : toResponse(answered, route.status ?? 200)
}

/** A version, as reads and changes answer it. `*` is whatever is there. */
const entityTag = /^(?:W\/)?"?(\d{1,15})"?$/

/** Everything that is wrong with the query and the body, at once. */
async function parseInput(
  { query, body, uploads, bodyBytesMax: ownMax }: Route,
  request: Request,
  texts: Record<string, string>,
): Promise<Result<Pick<Call, 'query' | 'body' | 'ifMatch'>>> {
  // Where no body is asked for, one that comes is held to the same limits: whoever sends rubbish means
  // something else.
  const isEmpty = request.body === null || request.headers.get('content-length') === '0'
  const comes = body !== undefined || (!isEmpty && uploads === undefined)
  const json = comes ? await readJson(request, ownMax ?? bodyBytesMax) : ok(undefined)
  if (!json.ok) return json
  const fields: FieldProblem[] = []
  const parsed = (schema: z.ZodType | undefined, value: unknown): unknown => {
    const result = schema?.safeParse(value)
    if (result?.success === false) fields.push(...fieldsOf(result.error))
    return result?.data
  }
  const ifMatch = request.headers.get('if-match')?.trim() ?? '*'
  const version = entityTag.exec(ifMatch)?.[1]
  if (ifMatch !== '*' && version === undefined)
    fields.push({ path: 'if-match', message: 'is one version, as ETag has it' })
  const value = {
    query: parsed(query, texts),
    body: parsed(body, json.value),
    ifMatch: version === undefined ? undefined : Number(version),
  }
  const [first] = fields
  return first ? refuse('INVALID', `${first.path || 'the body'}: ${first.message}`, { fields }) : ok(value)
}

/** What has a version shows it as its ETag, so that an edit can name it in If-Match. */
function toResponse(result: Result<unknown>, status: 200 | 201): Response {
  if (!result.ok) return problemResponse(result.problem)
  const answered = result.value as {
    readonly version?: unknown
    readonly entity?: { readonly version?: unknown } | null
  }
  const version = answered.version ?? answered.entity?.version
  const headers = {
    'cache-control': 'no-store',
    ...(typeof version === 'number' && { etag: `"${version}"` }),
  }
  return Response.json(result.value, { status, headers })
}
