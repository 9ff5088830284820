// Bucketeer's SDK gateway: what its client SDKs call.
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { $ZodType } from 'zod/v4/core'
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import { evaluate, evaluateAll } from '../../../core/evaluate.ts'
import { type Problem, type ProblemCode, type Result, ok, refuse } from '../../../core/problem.ts'
import type { SdkKeyRole } from '../../../core/snapshot.ts'
import { readJson } from '../../http/body.ts'
import { logError } from '../../http/log.ts'
import { parseWith } from '../../http/parse.ts'
import { authenticate } from '../../http/authenticate.ts'
import { enriched } from '../../http/enrich.ts'
import { retryHeaders } from '../../http/problem-response.ts'
import { cors } from '../../http/cors.ts'
import type { Visit, VisitContext, Visited } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import { fromEvaluation, toContext, toRecord, userEvaluationsId } from './translate.ts'
import * as wire from './wire.ts'

const evaluationBytesMax = 256 * 1024
const eventsBytesMax = 1024 * 1024
const paths = ['/get_evaluations', '/get_evaluation', '/register_events', '/ping']
/** Routes of Bucketeer's gateway that are not served: an SDK is told so, and nobody takes the console's page for an answer. */
const unserved = ['/get_feature_flags', '/get_segment_users', '/track', '/v1/gateway/*']

export function bucketeerRoutes(ports: Ports): Hono<Visited> {
  const app = new Hono<Visited>({ strict: false })
  // Envoy's policy in front of Bucketeer: any origin, with credentials.
  const policy = cors({
    origin: 'mirror',
    methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'],
    headers: ['content-type', 'authorization', 'x-min-revision'],
  })
  for (const path of paths) app.use(path, policy)

  app.post('/get_evaluations', async (c) => {
    const asked = await ask(c, ports, wire.GetEvaluationsRequest, evaluationBytesMax, ['client'])
    if (!asked.ok) return fail(asked.problem, c.env)
    const { compiled, body } = asked.value
    const { user, tag } = body
    const context = enriched(toContext(user), compiled, c.req.raw)
    const id = userEvaluationsId(context, compiled, tag)
    const isCurrent = body.userEvaluationsId === id
    const evaluations = isCurrent ? [] : evaluateAll(compiled, context, tag === '' ? undefined : tag)
    c.env.decisions = evaluations.length
    return c.json({
      state: 'FULL',
      evaluations: {
        id: isCurrent ? 'no_evaluations' : id,
        evaluations: evaluations.flatMap((evaluation) => fromEvaluation(evaluation, user.id) ?? []),
        createdAt: String(Math.floor(ports.now() / 1_000)),
        archivedFeatureIds: [],
        forceUpdate: !isCurrent, // the full set: no SDK can be left with something stale
      },
      userEvaluationsId: id,
    } satisfies wire.GetEvaluationsResponse)
  })

  app.post('/get_evaluation', async (c) => {
    const asked = await ask(c, ports, wire.GetEvaluationRequest, evaluationBytesMax, ['client'])
    if (!asked.ok) return fail(asked.problem, c.env)
    const { compiled, body } = asked.value
    const flag = compiled.byKey.get(body.featureId)?.flag
    if (!flag || (body.tag !== '' && !flag.tags.includes(body.tag)))
      return fail({ code: 'NOT_FOUND', message: 'feature not found' }, c.env)
    const context = enriched(toContext(body.user), compiled, c.req.raw)
    c.env.decisions = 1
    const evaluation = fromEvaluation(evaluate(compiled, body.featureId, context), body.user.id)
    return evaluation
      ? c.json({ evaluation })
      : fail({ code: 'NOT_FOUND', message: 'evaluation not found' }, c.env)
  })

  app.post('/register_events', async (c) => {
    const asked = await ask(c, ports, wire.RegisterEventsRequest, eventsBytesMax, ['client', 'server'])
    if (!asked.ok) return fail(asked.problem, c.env)
    const { compiled, body } = asked.value
    const receipt = {
      compiled,
      now: ports.now(),
      sdk: `bucketeer-${body.sourceId ?? ''}/${body.sdkVersion ?? ''}`.slice(0, 200).toWellFormed(),
    }
    const records: EventRecord[] = []
    const errors = new Map<string, wire.EventError>()
    for (const { id, event } of body.events) {
      const record = toRecord(id, event, receipt)
      if (record.ok) records.push(record.value)
      else errors.set(id, { retriable: false, message: `gateway: ${record.problem.message}` })
    }
    const isTaken = records.length === 0 || (await ports.events.send(records))
    if (!isTaken)
      for (const { id } of records)
        errors.set(id, { retriable: true, message: 'gateway: the queue is unavailable' })
    return c.json({ errors: Object.fromEntries(errors) } satisfies wire.RegisterEventsResponse)
  })

  app.get('/ping', (c) => c.json({ time: String(Math.floor(ports.now() / 1_000)) }))

  for (const path of paths) app.all(path, () => notAllowed(path === '/ping' ? 'GET' : 'POST'))

  for (const path of unserved) app.all(path, () => unimplemented())

  app.onError((error, c) => {
    logError('bucketeer', error)
    return fail({ code: 'UNAVAILABLE', message: 'internal' }, c.env)
  })
  return app
}

/** Key, role, then body: what every call begins with. */
async function ask<T>(
  c: VisitContext,
  ports: Ports,
  schema: $ZodType<T>,
  bytesMax: number,
  roles: readonly SdkKeyRole[],
): Promise<Result<{ compiled: CompiledSnapshot; body: T }>> {
  const caller = await authenticate(ports, c.env, c.req.header('authorization') ?? '')
  if (!caller.ok) return caller
  if (!roles.includes(caller.value.key.role)) return refuse('FORBIDDEN', 'bad role')
  const json = await readJson(c.req.raw, bytesMax)
  if (!json.ok) return json
  const body = parseWith(schema, json.value)
  return body.ok ? ok({ compiled: caller.value.compiled, body: body.value }) : body
}

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
} as const satisfies Record<ProblemCode, readonly [ContentfulStatusCode, number]>

function fail({ code, message }: Problem, visit: Visit): Response {
  const [status, grpc] = statuses[code]
  visit.refused = code
  const body = { code: grpc, message: `gateway: ${message}`, details: [] }
  return Response.json(body, { status, headers: retryHeaders(code) })
}

function unimplemented(): Response {
  return Response.json(
    { code: 12, message: 'gateway: this method is not implemented', details: [] },
    { status: 501 },
  )
}

/** gRPC's UNIMPLEMENTED again, with HTTP's own status for it. */
function notAllowed(method: string): Response {
  const body = { code: 12, message: `gateway: method not allowed, use ${method}`, details: [] }
  return Response.json(body, { status: 405, headers: { allow: method } })
}
