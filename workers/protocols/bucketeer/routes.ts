// Bucketeer's SDK gateway: the methods that its client and server SDKs call.
import { refusalReasonOf } from '../../../analytics/intake.ts'
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { decideAll, decideOne } from '../../sdk/decide.ts'
import { type ProtocolHandler, type SdkRequest, createHandler } from '../../sdk/protocol-handler.ts'
import { originOf } from '../../sdk/event-origin.ts'
import { claimChecker } from '../../sdk/verify-exposure.ts'
import { enrichContext } from '../../sdk/enrich.ts'
import { revisionResponder } from '../../sdk/revision-response.ts'
import type { Ports } from '../../contracts/ports.ts'
import { corsPolicy } from './cors.ts'
import { featureFlags, segmentUsers } from './definitions.ts'
import { evaluationText, toContext, userEvaluations } from './evaluations.ts'
import { asLegacy, legacyPathOf, withTypeName } from './legacy.ts'
import { methodNotAllowed, refusalResponse, unimplemented } from './refusal.ts'
import { type Method, apiKeyOf, authenticateCaller, readRequest } from './request.ts'
import { type Shadow, shadowRequestOf } from './shadow.ts'
import { openEvaluationStream } from './stream.ts'
import { type RecordContext, sdkName, toRecord, trackToRecord } from './to-record.ts'
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

type Route = (
  sdkRequest: SdkRequest,
  ports: Ports,
  shadow: Shadow | undefined,
) => Promise<Response> | Response

const routes: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly handle: Route }>> = {
  '/get_evaluations': { method: 'POST', handle: evaluations },
  '/get_evaluation': { method: 'POST', handle: evaluation },
  '/get_feature_flags': { method: 'POST', handle: definitions(getFeatureFlags, featureFlags) },
  '/get_segment_users': { method: 'POST', handle: definitions(getSegmentUsers, segmentUsers) },
  '/register_events': { method: 'POST', handle: events },
  '/track': { method: 'GET', handle: track },
  '/ping': {
    method: 'GET',
    handle: (_, ports) => Response.json({ time: String(Math.floor(ports.now() / 1_000)) }),
  },
  '/v1/gateway/stream_evaluations': { method: 'POST', handle: stream },
}

export const bucketeerRoutes = (ports: Ports, shadow?: Shadow): ProtocolHandler =>
  createHandler({
    name: 'bucketeer',
    policy: corsPolicy,
    route: (sdkRequest) => route(sdkRequest, ports, shadow),
    onError: ({ requestContext }) =>
      refusalResponse({ code: 'UNAVAILABLE', message: 'internal' }, requestContext),
  })

async function route(sdkRequest: SdkRequest, ports: Ports, shadow: Shadow | undefined): Promise<Response> {
  const { request } = sdkRequest
  const path = withoutSlash(sdkRequest.path)
  const currentPath = request.method === 'POST' ? legacyPathOf(path) : undefined
  if (currentPath !== undefined) return asLegacy(await routes[currentPath]!.handle(sdkRequest, ports, shadow))
  if (!Object.hasOwn(routes, path)) return unimplemented()
  const found = routes[path]!
  return request.method === found.method
    ? found.handle(sdkRequest, ports, shadow)
    : methodNotAllowed(found.method)
}

const withoutSlash = (path: string) => (path.endsWith('/') ? path.slice(0, -1) : path)

const respond = revisionResponder(corsPolicy, () => ({ 'content-type': 'application/json' }))

async function evaluations(
  sdkRequest: SdkRequest,
  ports: Ports,
  shadow: Shadow | undefined,
): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const authenticated = await readRequest(sdkRequest, ports, getEvaluations)
  if (!authenticated.ok) return refusalResponse(authenticated.problem, requestContext)
  const { compiled, body } = authenticated.value
  const { user, tag, userEvaluationsId: clientId } = body
  const context = enrichContext(toContext(user), compiled, request)
  const decisions =
    compiled.keepsAssignments && (await decideAll(ports, compiled, context, {}, tag || undefined))
  const now = ports.now()
  const query = { compiled, context, userId: user.id, tag, clientId, now }
  const answer = userEvaluations({ ...query, evaluations: decisions ? decisions.evaluations : undefined })
  requestContext.decisions = answer.decisions
  if (shadow?.isDue()) shadow.compare(shadowRequestOf(query, apiKeyOf(request)))
  const text = `{"state":"FULL","evaluations":${answer.text},"userEvaluationsId":"${answer.id}"}`
  return respond(text, { compiled, requestContext, now }, {})
}

async function evaluation(
  sdkRequest: SdkRequest,
  ports: Ports,
  shadow: Shadow | undefined,
): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const authenticated = await readRequest(sdkRequest, ports, getEvaluation)
  if (!authenticated.ok) return refusalResponse(authenticated.problem, requestContext)
  const { compiled, body } = authenticated.value
  const { user, tag, featureId } = body
  const flag = compiled.byKey.get(featureId)?.flag
  if (!flag || flag.archived || (tag !== '' && !flag.tags.includes(tag)))
    return refusalResponse({ code: 'NOT_FOUND', message: 'feature not found' }, requestContext)
  const context = enrichContext(toContext(user), compiled, request)
  requestContext.decisions = 1
  const decided = await decideOne(ports, compiled, context, featureId)
  const text = evaluationText(decided.evaluation, user.id)
  if (shadow?.isDue())
    shadow.compare(shadowRequestOf({ compiled, context, userId: user.id, tag }, apiKeyOf(request), featureId))
  return text === undefined
    ? refusalResponse({ code: 'NOT_FOUND', message: 'evaluation not found' }, requestContext)
    : respond(`{"evaluation":${text}}`, { compiled, requestContext, now: ports.now() }, {})
}

/** The methods of local mode. */
function definitions<T>(
  method: Method<T>,
  answer: (compiled: CompiledSnapshot, body: T, now: number) => unknown,
): Route {
  return async (sdkRequest, ports) => {
    const authenticated = await readRequest(sdkRequest, ports, method)
    if (!authenticated.ok) return refusalResponse(authenticated.problem, sdkRequest.requestContext)
    const { compiled, body } = authenticated.value
    return Response.json(answer(compiled, body, ports.now()))
  }
}

async function events(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const authenticated = await readRequest(sdkRequest, ports, registerEvents)
  if (!authenticated.ok) return refusalResponse(authenticated.problem, sdkRequest.requestContext)
  const { compiled, body } = authenticated.value
  const recordContext = recordContextOf(sdkRequest, ports, compiled, sdkName(body.sourceId, body.sdkVersion))
  ports.limits.countRecords(sdkRequest.requestContext.address, body.events.length)
  const { environmentId } = compiled
  const records: EventRecord[] = []
  const errors = new Map<string, wire.EventError>()
  for (const { id, event, type } of body.events) {
    const made = toRecord(id, withTypeName(event, type), recordContext)
    const record = made instanceof Promise ? await made : made
    if (record.ok) records.push(record.value)
    else {
      errors.set(id, { retriable: false, message: `gateway: ${record.problem.message}` })
      ports.events.countRefused(environmentId, refusalReasonOf(record.problem), 1)
    }
  }
  if (records.length > 0) {
    const sent = await ports.events.send(records, compiled)
    // SDKs send everything again, and wait as long as they are told. What was refused is refused again.
    if (!sent.ok) return refusalResponse(sent.problem, sdkRequest.requestContext)
    for (const { id } of sent.tooLarge)
      errors.set(id, { retriable: false, message: 'gateway: the event is too large' })
  }
  return Response.json({ errors: Object.fromEntries(errors) } satisfies wire.RegisterEventsResponse)
}

const recordContextOf = (
  { request, requestContext }: SdkRequest,
  ports: Ports,
  compiled: CompiledSnapshot,
  sdk: string,
): RecordContext => ({
  compiled,
  now: requestContext.startedAt ?? ports.now(),
  sdk,
  origin: originOf(requestContext, ports, compiled.environmentId),
  checkClaim: claimChecker(ports, compiled),
  enrich: (context) => enrichContext(context, compiled, request),
})

async function track(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const query = new URL(request.url).searchParams
  const compiled = await authenticateCaller(requestContext, ports, query.get('apikey') ?? '', ['client'])
  if (!compiled.ok) return refusalResponse(compiled.problem, requestContext)
  const recordContext = recordContextOf(sdkRequest, ports, compiled.value, sdkName(0, ''))
  const record = trackToRecord(query, recordContext)
  if (!record.ok) {
    ports.events.countRefused(compiled.value.environmentId, refusalReasonOf(record.problem), 1)
    return refusalResponse(record.problem, requestContext)
  }
  const sent = await ports.events.send([record.value], compiled.value)
  if (!sent.ok) return refusalResponse(sent.problem, requestContext)
  return sent.tooLarge.length === 0 ? Response.json({}) : refusalResponse(tooLarge, requestContext)
}

const tooLarge = { code: 'TOO_LARGE', message: 'the event is too large' } as const

async function stream(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const authenticated = await readRequest(sdkRequest, ports, getEvaluations)
  if (!authenticated.ok) return refusalResponse(authenticated.problem, sdkRequest.requestContext)
  const opened = await openEvaluationStream(sdkRequest, ports, authenticated.value)
  return opened.ok ? opened.value : refusalResponse(opened.problem, sdkRequest.requestContext)
}
