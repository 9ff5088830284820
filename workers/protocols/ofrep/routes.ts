// The OpenFeature Remote Evaluation Protocol: one flag, or all of them.
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import type { EvaluationContext } from '../../../core/context.ts'
import { evaluate, evaluateAll } from '../../../core/evaluate.ts'
import type { ErrorCode } from '../../../core/evaluation.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import { type Problem, type ProblemCode, type Result, ok } from '../../../core/problem.ts'
import { authenticate } from '../../http/authenticate.ts'
import { readJson } from '../../http/body.ts'
import { conditionOf } from '../../http/conditional.ts'
import { enriched } from '../../http/enrich.ts'
import { logError } from '../../http/log.ts'
import { pathOf } from '../../http/path.ts'
import { parseWith } from '../../http/parse.ts'
import { retryHeaders } from '../../http/problem-response.ts'
import { cors } from '../../http/cors.ts'
import type { Visit, VisitContext, Visited } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import { asWritten, toContext } from './translate.ts'
import * as wire from './wire.ts'

const bodyBytesMax = 256 * 1024
const bulk = '/ofrep/v1/evaluate/flags'
const single = `${bulk}/`

export function ofrepRoutes(ports: Ports): Hono<Visited> {
  const app = new Hono<Visited>({ strict: false })
  app.use(
    '/ofrep/*',
    // Allowed headers mirror the request's, so that a customer's own may come along.
    cors({ origin: '*', methods: ['POST', 'GET', 'OPTIONS'], headers: 'mirror' }),
  )

  app.post(bulk, async (c) => {
    const asked = await ask(c, ports)
    if (!asked.ok) return fail(asked.problem, c.env)
    const { compiled, context } = asked.value
    const evaluations = evaluateAll(compiled, context)
    c.env.decisions = evaluations.length
    const written = evaluations.map(asWritten)
    // Over the answers, not the revision: some clients send the old tag along with a new context.
    const etag = `"${compiled.revision}-${murmur3x64Hex(written.map(({ hash }) => hash).join(''))}"`
    const headers = { etag, 'content-type': 'application/json', 'cache-control': 'private, no-cache' }
    const condition = conditionOf(c.req.raw.headers, { etags: [etag], lastModified: undefined })
    if (condition.kind === 'unmodified') return new Response(null, { status: 304, headers })
    const metadata: wire.BulkResponse['metadata'] = {
      flagSetId: compiled.environmentId,
      version: String(compiled.revision),
    }
    return new Response(
      `{"flags":[${written.map(({ text }) => text).join()}],"metadata":${JSON.stringify(metadata)}}`,
      { headers },
    )
  })

  // A wildcard: keys come encoded from some clients and plain, slashes and all, from others.
  app.post(`${single}*`, async (c) => {
    const key = decodeKey(pathOf(c.req.url).slice(single.length))
    const asked = await ask(c, ports)
    if (!asked.ok) return fail(asked.problem, c.env, key)
    const evaluation = evaluate(asked.value.compiled, key, asked.value.context)
    c.env.decisions = 1
    const status = evaluation.error ? statusOfError[evaluation.error.code] : 200
    const headers = { 'content-type': 'application/json' }
    return new Response(asWritten(evaluation).text, { status, headers })
  })

  for (const path of [bulk, `${single}*`]) {
    app.all(path, () => {
      const body = { errorCode: 'GENERAL', errorDetails: 'method not allowed, use POST' }
      return Response.json(body, { status: 405, headers: { allow: 'POST' } })
    })
  }
  app.all('/ofrep/*', (c) => fail({ code: 'NOT_FOUND', message: 'there is no such route' }, c.env))

  app.onError((error, c) => {
    logError('ofrep', error)
    return fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, c.env)
  })
  return app
}

async function ask(
  c: VisitContext,
  ports: Ports,
): Promise<Result<{ compiled: CompiledSnapshot; context: EvaluationContext }>> {
  const bearer = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const caller = await authenticate(ports, c.env, bearer ?? c.req.header('x-api-key') ?? '')
  if (!caller.ok) return caller
  const json = await readJson(c.req.raw, bodyBytesMax)
  if (!json.ok) return json
  const body = parseWith(wire.EvaluationRequest, json.value)
  if (!body.ok) return body
  const { compiled } = caller.value
  return ok({ compiled, context: enriched(toContext(body.value), compiled, c.req.raw) })
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
  RATE_LIMITED: [429, 'GENERAL'],
  UNAVAILABLE: [503, 'GENERAL'],
} as const satisfies Record<ProblemCode, readonly [ContentfulStatusCode, wire.ErrorCode]>

function fail(problem: Problem, visit: Visit, key?: string): Response {
  const [status, code] = statuses[problem.code]
  visit.refused = problem.code
  const isSyntax = problem.code === 'INVALID' && problem.fields === undefined
  const body = {
    ...(key !== undefined && { key }),
    errorCode: isSyntax ? 'PARSE_ERROR' : code,
    errorDetails: problem.message,
  }
  return Response.json(body, { status, headers: retryHeaders(problem.code) })
}
