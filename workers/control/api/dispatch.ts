// Runs a request through its route: authorises the caller, parses the input, calls the handler, builds the
// response.
import type { Context } from 'hono'
import * as z from 'zod'
import { type FieldProblem, type Problem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import { readJson } from '../../http/body.ts'
import { fromEntityTag, toEntityTag } from '../../http/entity-tag.ts'
import { logError } from '../../http/log.ts'
import { fieldsOf } from '../../http/parse.ts'
import { problemResponse } from '../../http/problem-response.ts'
import { openDatabase } from '../../storage/database.ts'
import type { Scope } from '../../storage/identity.ts'
import { accessSettings } from '../auth/access-jwt.ts'
import { authorise } from '../auth/identify.ts'
import type { ControlBindings } from '../bindings.ts'
import type { Call } from './call.ts'
import type { Route } from './route.ts'

/** Unknown parameters are refused: a misspelt `dryRun` must not change anything. */
const NoQuery = z.strictObject({})

const bodyBytesMaxDefault = 4 * 1024 * 1024

export async function dispatch(route: Route, c: Context<{ Bindings: ControlBindings }>): Promise<Response> {
  const { env } = c
  const database = openDatabase(env.DB)
  const request = c.req.raw
  const now = Date.now()
  const params: Readonly<Record<string, string>> = c.req.param()
  const waitUntil = (work: Promise<unknown>) =>
    c.executionCtx.waitUntil(work.catch((cause: unknown) => logError('background', cause)))
  const access = accessSettings(env)
  const authorisation = await authorise({ request, database, access, now, waitUntil }, route.needs, params)
  if (!authorisation.ok) return problemResponse(authorisation.problem)
  const input = await parseInput(route, request, c.req.query(), params)
  if (!input.ok) return problemResponse(input.problem)
  const frozen = frozenProblem(route, authorisation.value.scope, params, input.value.body)
  if (frozen) return problemResponse(frozen)
  const call = { ...authorisation.value, ...input.value, params, env, database, now, request } as Call
  const result = await route.handle(call)
  return result instanceof Response ? result : toResponse(route, result)
}

/**
 * Why an archived organisation or environment refuses a write. Routes for viewers write nothing, whatever
 * their method. Only an answer to `archived: false` brings it back, the organisation first.
 */
function frozenProblem(
  { method, needs, id }: Route,
  scope: Scope | undefined,
  params: Readonly<Record<string, string>>,
  body: unknown,
): Problem | undefined {
  if (!scope?.archived || method === 'GET' || needs === 'viewer' || needs === 'anyone') return undefined
  const { isOrganisationArchived = false } = scope
  if (params['environment'] === undefined && !isOrganisationArchived) return undefined // a project
  const isRevived = (body as { archived?: boolean } | undefined)?.archived === false
  const reviving = isOrganisationArchived ? 'update-organisation' : 'update-environment'
  if (isRevived && id === reviving) return undefined
  const what = isOrganisationArchived ? 'organisation' : 'environment'
  return refuse('CONFLICT', `this ${what} is archived: it accepts no changes`).problem
}

/** Collects every problem of the headers, the query and the body before it refuses. */
async function parseInput(
  route: Route,
  request: Request,
  queryParams: Record<string, string>,
  params: Readonly<Record<string, string>>,
): Promise<Result<Pick<Call, 'query' | 'body' | 'ifMatch'>>> {
  const json = readsBody(route, request)
    ? await readJson(request, route.bodyBytesMax ?? bodyBytesMaxDefault)
    : ok(undefined)
  if (!json.ok) return json
  const fields: FieldProblem[] = []
  for (const [path, text] of [...Object.entries(queryParams), ...Object.entries(params)])
    if (text.includes('\0')) fields.push({ path, message: 'must not contain NUL' })
  const parse = (schema: z.ZodType | undefined, value: unknown): unknown => {
    const parsed = schema?.safeParse(value)
    if (parsed?.success === false) fields.push(...fieldsOf(parsed.error))
    return parsed?.data
  }
  const header = request.headers.get('if-match')?.trim() ?? '*' // `*` matches any version
  const ifMatch = fromEntityTag(header)
  if (header !== '*' && ifMatch === undefined)
    fields.push({ path: 'if-match', message: 'must be one ETag that this API sent' })
  const input = {
    query: parse(route.query ?? NoQuery, queryParams),
    body: parse(route.body, route.respell ? route.respell(json.value) : json.value),
    ifMatch,
  }
  const [first] = fields
  return first ? refuse('INVALID', `${first.path || 'the body'}: ${first.message}`, { fields }) : ok(input)
}

/** An unexpected body is parsed too: invalid JSON is refused rather than ignored. */
function readsBody({ body, uploads }: Route, request: Request): boolean {
  const isEmpty = request.body === null || request.headers.get('content-length') === '0'
  return body !== undefined || (!isEmpty && uploads === undefined)
}

/** The ETag is the entity's version. Clients send it back in If-Match. */
function toResponse({ status = 200, versionOf }: Route, result: Result<unknown>): Response {
  if (!result.ok) return problemResponse(result.problem)
  const etag = versionOf && { etag: toEntityTag(versionOf(result.value)) }
  return Response.json(result.value, { status, headers: { 'cache-control': 'no-store', ...etag } })
}
