// From a request to its route's answer: let in, parse everything, handle, and give the result HTTP's form.
import type { Context } from 'hono'
import type * as z from 'zod'
import { type FieldProblem, type Result, ok, refuse } from '../../core/problem.ts'
import { readJson } from '../http/body.ts'
import { fieldsOf } from '../http/parse.ts'
import { problemResponse } from '../http/problem-response.ts'
import { openDatabase } from '../storage/configuration.ts'
import { hasEnvironment } from '../storage/lists.ts'
import { letIn } from './access.ts'
import type { ControlBindings } from './bindings.ts'
import type { Call, Route } from './route.ts'

/** Of routes that name no other limit. */
export const bodyBytesMax = 4 * 1024 * 1024

export async function dispatch(route: Route, c: Context<{ Bindings: ControlBindings }>): Promise<Response> {
  const database = openDatabase(c.env.DB)
  const request = c.req.raw
  const caller = await letIn(database, request, route.needs)
  if (!caller.ok) return problemResponse(caller.problem)
  const params = c.req.param() as Readonly<Record<string, string>>
  const environmentId = params['environment']
  if (environmentId !== undefined && !(await hasEnvironment(database, environmentId))) {
    return problemResponse({ code: 'NOT_FOUND', message: `there is no environment ${environmentId}` })
  }
  const input = await parseInput(route, request, c.req.query())
  if (!input.ok) return problemResponse(input.problem)
  const answered = await route.handle({
    params,
    ...input.value,
    caller: caller.value,
    env: c.env,
    database,
    now: Date.now(),
    request,
  } as Call)
  return answered instanceof Response ? answered : toResponse(answered, route.status ?? 200)
}

/** Everything that is wrong with the query and the body, at once. */
async function parseInput(
  { query, body, bodyBytesMax: ownMax }: Route,
  request: Request,
  texts: Record<string, string>,
): Promise<Result<{ query: unknown; body: unknown }>> {
  const json = body ? await readJson(request, ownMax ?? bodyBytesMax) : ok(undefined)
  if (!json.ok) return json
  const fields: FieldProblem[] = []
  const parsed = (schema: z.ZodType | undefined, value: unknown): unknown => {
    const result = schema?.safeParse(value)
    if (result?.success === false) fields.push(...fieldsOf(result.error))
    return result?.data
  }
  const value = { query: parsed(query, texts), body: parsed(body, json.value) }
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
