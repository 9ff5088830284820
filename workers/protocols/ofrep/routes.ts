// The OpenFeature Remote Evaluation Protocol: one flag, or all of them.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import type { EvaluationContext } from '../../../core/context.ts'
import { evaluate, evaluateAll } from '../../../core/evaluate.ts'
import type { ErrorCode } from '../../../core/evaluation.ts'
import { type Problem, type ProblemCode, type Result, ok } from '../../../core/problem.ts'
import { authenticate } from '../../http/authenticate.ts'
import { readJson } from '../../http/body.ts'
import { sha256Hex } from '../../http/digest.ts'
import { logError } from '../../http/log.ts'
import { parseWith } from '../../http/parse.ts'
import type { Ports } from '../../ports.ts'
import { fromEvaluation, toContext } from './translate.ts'
import * as wire from './wire.ts'

const bodyBytesMax = 256 * 1024
const bulk = '/ofrep/v1/evaluate/flags'
const single = `${bulk}/`

export function ofrepRoutes(ports: Ports): Hono {
  const app = new Hono()
  app.use(
    '/ofrep/*',
    cors({
      origin: '*',
      allowMethods: ['POST', 'GET', 'OPTIONS'],
      exposeHeaders: ['ETag', 'Retry-After'],
      maxAge: 86_400, // allowed headers mirror the request's, so that a customer's own may come along
    }),
  )

  app.post(bulk, async (c) => {
    const asked = await ask(c.req.raw, ports)
    if (!asked.ok) return fail(asked.problem)
    const { compiled, context } = asked.value
    const answer: wire.BulkResponse = {
      flags: evaluateAll(compiled, context).map(fromEvaluation),
      metadata: { flagSetId: compiled.environmentId, version: String(compiled.revision) },
    }
    const text = JSON.stringify(answer)
    // Over the answer itself, not the revision: some clients send the old tag along with a new context.
    const etag = `"${(await sha256Hex(text)).slice(0, 32)}"`
    const headers = { etag, 'content-type': 'application/json', 'cache-control': 'private, no-cache' }
    if (isCurrent(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers })
    return new Response(text, { headers })
  })

  // A wildcard: keys come encoded from some clients and plain, slashes and all, from others.
  app.post(`${single}*`, async (c) => {
    const key = decodeKey(new URL(c.req.url).pathname.slice(single.length))
    const asked = await ask(c.req.raw, ports)
    if (!asked.ok) return fail(asked.problem, key)
    const evaluation = evaluate(asked.value.compiled, key, asked.value.context)
    const status = evaluation.error ? statusOfError[evaluation.error.code] : 200
    return c.json(fromEvaluation(evaluation), status)
  })

  for (const path of [bulk, `${single}*`]) {
    app.all(path, () => {
      const body = { errorCode: 'GENERAL', errorDetails: 'method not allowed, use POST' }
      return Response.json(body, { status: 405, headers: { allow: 'POST' } })
    })
  }
  app.all('/ofrep/*', () => fail({ code: 'NOT_FOUND', message: 'there is no such route' }))

  app.onError((error) => {
    logError('ofrep', error)
    return fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' })
  })
  return app
}

async function ask(
  request: Request,
  ports: Ports,
): Promise<Result<{ compiled: CompiledSnapshot; context: EvaluationContext }>> {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const caller = await authenticate(ports.snapshots, bearer ?? request.headers.get('x-api-key') ?? '')
  if (!caller.ok) return caller
  const json = await readJson(request, bodyBytesMax)
  if (!json.ok) return json
  const body = parseWith(wire.EvaluationRequest, json.value)
  return body.ok ? ok({ compiled: caller.value.compiled, context: toContext(body.value) }) : body
}

/** Cloudflare may turn a strong tag weak on the way out: compare without the mark. */
function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/** A lone `%` is a key like any other, not an error. */
function decodeKey(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

const statusOfError = {
  FLAG_NOT_FOUND: 404,
  TARGETING_KEY_MISSING: 400,
  GENERAL: 400,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>

const statuses = {
  INVALID: [400, 'INVALID_CONTEXT'],
  UNAUTHENTICATED: [401, 'GENERAL'],
  FORBIDDEN: [403, 'GENERAL'],
  NOT_FOUND: [404, 'GENERAL'],
  CONFLICT: [409, 'GENERAL'],
  IN_USE: [409, 'GENERAL'],
  TOO_LARGE: [413, 'GENERAL'],
  UNAVAILABLE: [503, 'GENERAL'],
} as const satisfies Record<ProblemCode, readonly [ContentfulStatusCode, wire.ErrorCode]>

function fail(problem: Problem, key?: string): Response {
  const [status, code] = statuses[problem.code]
  const isSyntax = problem.code === 'INVALID' && problem.fields === undefined
  const body = {
    ...(key !== undefined && { key }),
    errorCode: isSyntax ? 'PARSE_ERROR' : code,
    errorDetails: problem.message,
  }
  return Response.json(body, { status })
}
