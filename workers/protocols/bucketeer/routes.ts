// Bucketeer's SDK gateway: what its client and server SDKs call.
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { CorsPolicy } from '../../sdk/cors.ts'
import { decideAll, decideOne } from '../../sdk/decide.ts'
import { type ProtocolHandler, type SdkRequest, createHandler } from '../../sdk/protocol-handler.ts'
import { enriched } from '../../sdk/enrich.ts'
import { revisionHeaders } from '../../sdk/revision-headers.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import { featureFlags, segmentUsers } from './definitions.ts'
import { evaluationText, toContext, userEvaluations } from './evaluations.ts'
import { fromTrack, sdkName, toRecord } from './to-record.ts'
import { admit, ask, fail, keyOf, type Method, notAllowed, unimplemented } from './respond.ts'
import { asLegacy, legacyPathOf, withTypeName } from './legacy.ts'
import { questionOf, type Shadow } from './shadow.ts'
import { evaluationStream } from './stream.ts'
import * as wire from './wire.ts'

const evaluationBytesMax = 256 * 1024
const eventsBytesMax = 1024 * 1024

const method = <T>(
  schema: Method<T>['schema'],
  bytesMax: number,
  ...roles: Method<T>['roles']
): Method<T> => ({
  schema,
  bytesMax,
  roles,
})
const getEvaluations = method(wire.GetEvaluationsRequest, evaluationBytesMax, 'client')
const getEvaluation = method(wire.GetEvaluationRequest, evaluationBytesMax, 'client')
const getFeatureFlags = method(wire.GetFeatureFlagsRequest, evaluationBytesMax, 'server')
const getSegmentUsers = method(wire.GetSegmentUsersRequest, evaluationBytesMax, 'server')
const registerEvents = method(wire.RegisterEventsRequest, eventsBytesMax, 'client', 'server')

/** Envoy's policy in front of Bucketeer: any origin, with credentials. */
const policy: CorsPolicy = {
  origin: 'mirror',
  methods: ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
  headers: ['content-type', 'x-grpc-web', 'authorization', 'x-min-revision'],
}

type Route = (
  sdkRequest: SdkRequest,
  ports: Ports,
  shadow: Shadow | undefined,
) => Promise<Response> | Response

const routes: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly answer: Route }>> = {
  '/get_evaluations': { method: 'POST', answer: evaluations },
  '/get_evaluation': { method: 'POST', answer: evaluation },
  '/get_feature_flags': { method: 'POST', answer: definitions(getFeatureFlags, featureFlags) },
  '/get_segment_users': { method: 'POST', answer: definitions(getSegmentUsers, segmentUsers) },
  '/register_events': { method: 'POST', answer: events },
  '/track': { method: 'GET', answer: track },
  '/ping': {
    method: 'GET',
    answer: (_, ports) => Response.json({ time: String(Math.floor(ports.now() / 1_000)) }),
  },
  '/v1/gateway/stream_evaluations': { method: 'POST', answer: stream },
}

export const bucketeerRoutes = (ports: Ports, shadow?: Shadow): ProtocolHandler =>
  createHandler({
    name: 'bucketeer',
    policy,
    route: (sdkRequest) => route(sdkRequest, ports, shadow),
    unexpected: ({ requestContext }) => fail({ code: 'UNAVAILABLE', message: 'internal' }, requestContext),
  })

async function route(sdkRequest: SdkRequest, ports: Ports, shadow: Shadow | undefined): Promise<Response> {
  const { request } = sdkRequest
  const path = withoutSlash(sdkRequest.path)
  const newer = request.method === 'POST' ? legacyPathOf(path) : undefined
  if (newer !== undefined) return asLegacy(await routes[newer]!.answer(sdkRequest, ports, shadow))
  if (!Object.hasOwn(routes, path)) return unimplemented()
  const { method: asked, answer } = routes[path]!
  return request.method === asked ? answer(sdkRequest, ports, shadow) : notAllowed(asked)
}

const withoutSlash = (path: string) => (path.endsWith('/') ? path.slice(0, -1) : path)

async function evaluations(
  sdkRequest: SdkRequest,
  ports: Ports,
  shadow: Shadow | undefined,
): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const asked = await ask(sdkRequest, ports, getEvaluations)
  if (!asked.ok) return fail(asked.problem, requestContext)
  const { compiled, body } = asked.value
  const context = enriched(toContext(body.user), compiled, request)
  const { user, tag, userEvaluationsId: has } = body
  const question = { compiled, context, userId: user.id, tag }
  const kept = compiled.keepsAssignments && (await decideAll(ports, compiled, context, {}, tag || undefined))
  const decided = kept ? kept.evaluations : undefined
  const now = ports.now()
  const answer = userEvaluations({ ...question, has, now, decided })
  requestContext.decisions = answer.decisions
  if (shadow?.isDue()) shadow.compare(questionOf(question, keyOf(request)))
  const text = `{"state":"FULL","evaluations":${answer.text},"userEvaluationsId":"${answer.id}"}`
  return json(text, compiled, requestContext, now)
}

async function evaluation(
  sdkRequest: SdkRequest,
  ports: Ports,
  shadow: Shadow | undefined,
): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const asked = await ask(sdkRequest, ports, getEvaluation)
  if (!asked.ok) return fail(asked.problem, requestContext)
  const { compiled, body } = asked.value
  const { user, tag, featureId } = body
  const flag = compiled.byKey.get(featureId)?.flag
  if (!flag || flag.archived || (tag !== '' && !flag.tags.includes(tag)))
    return fail({ code: 'NOT_FOUND', message: 'feature not found' }, requestContext)
  const context = enriched(toContext(user), compiled, request)
  requestContext.decisions = 1
  const decided = await decideOne(ports, compiled, context, featureId)
  const text = evaluationText(decided.evaluation, user.id)
  if (shadow?.isDue())
    shadow.compare(questionOf({ compiled, context, userId: user.id, tag }, keyOf(request), featureId))
  return text === undefined
    ? fail({ code: 'NOT_FOUND', message: 'evaluation not found' }, requestContext)
    : json(`{"evaluation":${text}}`, compiled, requestContext, ports.now())
}

/** Of local mode, whose SDKs decide themselves. */
function definitions<T>(
  method: Method<T>,
  tell: (compiled: CompiledSnapshot, body: T, now: number) => unknown,
): Route {
  return async (sdkRequest, ports) => {
    const asked = await ask(sdkRequest, ports, method)
    if (!asked.ok) return fail(asked.problem, sdkRequest.requestContext)
    return Response.json(tell(asked.value.compiled, asked.value.body, ports.now()))
  }
}

async function events(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const asked = await ask(sdkRequest, ports, registerEvents)
  if (!asked.ok) return fail(asked.problem, sdkRequest.requestContext)
  const { compiled, body } = asked.value
  const receipt = { compiled, now: ports.now(), sdk: sdkName(body.sourceId, body.sdkVersion) }
  const records: EventRecord[] = []
  const errors = new Map<string, wire.EventError>()
  for (const { id, event, type } of body.events) {
    const record = toRecord(id, withTypeName(event, type), receipt)
    if (record.ok) records.push(record.value)
    else errors.set(id, { retriable: false, message: `gateway: ${record.problem.message}` })
  }
  const isTaken = records.length === 0 || (await ports.events.send(records))
  if (!isTaken)
    for (const { id } of records)
      errors.set(id, { retriable: true, message: 'gateway: the queue is unavailable' })
  return Response.json({ errors: Object.fromEntries(errors) } satisfies wire.RegisterEventsResponse)
}

async function track({ request, requestContext }: SdkRequest, ports: Ports): Promise<Response> {
  const query = new URL(request.url).searchParams
  const compiled = await admit(requestContext, ports, query.get('apikey') ?? '', ['client'])
  if (!compiled.ok) return fail(compiled.problem, requestContext)
  const receipt = { compiled: compiled.value, now: ports.now(), sdk: sdkName(0, '') }
  const record = fromTrack(query, receipt)
  if (!record.ok) return fail(record.problem, requestContext)
  const isTaken = await ports.events.send([record.value])
  return isTaken
    ? Response.json({})
    : fail({ code: 'UNAVAILABLE', message: 'the queue is unavailable' }, requestContext)
}

async function stream(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const asked = await ask(sdkRequest, ports, getEvaluations)
  if (!asked.ok) return fail(asked.problem, sdkRequest.requestContext)
  const opened = await evaluationStream(sdkRequest, ports, asked.value)
  return opened.ok ? opened.value : fail(opened.problem, sdkRequest.requestContext)
}

const headersOf = revisionHeaders(() => ({ 'content-type': 'application/json' }))

const json = (text: string, compiled: CompiledSnapshot, requestContext: RequestContext, now: number) =>
  new Response(text, { headers: headersOf(compiled, requestContext, now) })
