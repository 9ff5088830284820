// Routes that receive activations, hits, contexts, and messages about the SDK itself. SDKs repeat a request
// that is not answered with 2xx, with all its events, for hours. So events that can never be accepted are
// dropped with 204, and a request is refused only if it may be accepted later, or if all of it is too late.
import type { RefusalReason } from '../../../analytics/intake.ts'
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { refuse } from '../../../core/model/problem.ts'
import { readEnvironment } from '../../sdk/authenticate.ts'
import { readText } from '../../http/body.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { decisionBytesMax } from './decision-routes.ts'
import { noRoute, onlyMethod, refusalResponse } from './refusal.ts'
import { type RouteDependencies, authenticateCaller, parseBody, recordContextOf } from './request.ts'
import {
  type RecordContext,
  activationToRecord,
  aliasToRecord,
  hitToRecord,
  isTooLate,
  messageToRecord,
  segmentToRecord,
} from './to-record.ts'
import * as wire from './wire.ts'

/** The SDK limits a batch to 2.5 million characters. */
const hitsBytesMax = 4 * 1024 * 1024

/** The environment id that an SDK always sends for visitors that were created before `start()`. */
const undefinedCid = 'undefined'

/** Undefined if the path is not about intake. `parts` are the path's segments, decoded. */
export function intakeRoute(
  sdkRequest: SdkRequest,
  dependencies: RouteDependencies,
  parts: readonly string[],
): Promise<Response> | Response | undefined {
  const { request, requestContext } = sdkRequest
  const isPost = request.method === 'POST'
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const [first = '', second = '', third] = parts
  if (first === 'v2') {
    if (parts.length === 2 && second === 'activate')
      return isPost ? receiveActivations(sdkRequest, dependencies) : onlyMethod('POST', requestContext)
    return isPost && parts.length === 3 && third === 'events'
      ? receiveContext(sdkRequest, dependencies, second)
      : undefined
  }
  if (first === 'accounts' && third === 'segments' && parts.length === 4 && isRead) return Response.json([])
  if (first === 'v1' && second === 'segments')
    return refusalResponse(
      { code: 'NOT_FOUND', message: 'there is no score of this visitor' },
      requestContext,
    )
  if (parts.length !== 1 || !isPost) return undefined
  switch (first) {
    case '':
      return receiveHits(sdkRequest, dependencies)
    case 'troubleshooting':
    case 'analytics':
      return receiveMessage(sdkRequest, dependencies)
    case 'emotionsai':
      // Data for another product of the vendor's. It is ignored, and visitors get no score.
      return readText(request, hitsBytesMax).then(() => noContent())
    default:
      return undefined
  }
}

async function receiveActivations(
  sdkRequest: SdkRequest,
  dependencies: RouteDependencies,
): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const body = await parseBody(request, wire.ActivateRequest, hitsBytesMax)
  if (!body.ok) return refusalResponse(body.problem, requestContext)
  const { cid, batch } = body.value
  if (cid === undefinedCid) return noContent()
  const compiled = await authenticateCaller(sdkRequest, dependencies.ports, undefined)
  if (!compiled.ok) return refusalResponse(compiled.problem, requestContext)
  if (compiled.value.environmentId !== cid) return refusalResponse(invalidCid, requestContext)
  if (!batch) {
    const missing = wire.mandatoryFields.filter((field) => !body.value[field])
    if (missing.length > 0)
      return refusalResponse(refuse('INVALID', mandatoryMessage(missing)).problem, requestContext)
    const single = wire.Activation.safeParse(body.value)
    if (!single.success)
      return refusalResponse(refuse('INVALID', 'vid, caid and vaid are texts').problem, requestContext)
  }
  const activations = batch ?? [body.value]
  return store(sdkRequest, dependencies, compiled.value, activations, async (item, recordContext) => {
    const parsed = wire.Activation.safeParse(item)
    const exposure = parsed.success ? await activationToRecord(parsed.data, recordContext) : undefined
    const { vid = '', aid, qt } = parsed.data ?? {}
    return exposure && [exposure, aliasToRecord(vid, aid, qt, recordContext)]
  })
}

async function receiveContext(
  sdkRequest: SdkRequest,
  dependencies: RouteDependencies,
  environment: string,
): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const compiled = await authenticateCaller(sdkRequest, dependencies.ports, environment)
  if (!compiled.ok) return refusalResponse(compiled.problem, requestContext)
  const body = await parseBody(request, wire.ContextRequest, decisionBytesMax)
  if (!body.ok) return refusalResponse(body.problem, requestContext)
  const { visitorId, context } = body.value
  const isEmpty = visitorId === '' || Object.keys(context).length === 0
  return store(sdkRequest, dependencies, compiled.value, isEmpty ? [] : [undefined], (_, recordContext) => [
    segmentToRecord(visitorId, context, 0, recordContext),
  ])
}

// Hits and messages carry no key, and some clients send them as text/plain.
async function receiveHits(sdkRequest: SdkRequest, dependencies: RouteDependencies): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const body = await parseBody(request, wire.HitsRequest, hitsBytesMax)
  if (isUnknownPath(body, requestContext)) return noRoute(requestContext)
  if (!body.ok) return refusalResponse(body.problem, requestContext)
  const { cid, h } = body.value
  if (cid === undefinedCid) return noContent()
  const compiled = await readEnvironment(dependencies.ports, requestContext, cid)
  if (!compiled.ok) return refusalResponse(compiled.problem, requestContext)
  return store(sdkRequest, dependencies, compiled.value, h, (item, recordContext) => {
    const hit = wire.parseHit(item)
    const record = hit && hitToRecord(hit, recordContext)
    return record && [record, aliasToRecord(hit.cuid ?? '', hit.vid, hit.qt, recordContext)]
  })
}

/**
 * Any path may be the prefix of an environment, which only the body names: a body of another kind is for a
 * path that does not exist.
 */
const isUnknownPath = ({ ok }: { readonly ok: boolean }, { prefix }: RequestContext) =>
  !ok && prefix !== undefined

async function receiveMessage(sdkRequest: SdkRequest, dependencies: RouteDependencies): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const body = await parseBody(request, wire.SdkMessage, decisionBytesMax)
  if (isUnknownPath(body, requestContext)) return noRoute(requestContext)
  if (!body.ok && body.problem.code !== 'INVALID') return refusalResponse(body.problem, requestContext)
  if (!body.ok || body.value.cid === undefinedCid) return noContent()
  const message = body.value
  const compiled = await readEnvironment(dependencies.ports, requestContext, message.cid)
  if (!compiled.ok) return refusalResponse(compiled.problem, requestContext)
  return store(sdkRequest, dependencies, compiled.value, [undefined], (_, recordContext) => [
    messageToRecord(message, recordContext),
  ])
}

const tooLate = { code: 'INVALID', message: 'qt: more than 31 days, so the events are too late' } as const
const invalidCid = { code: 'INVALID', message: 'Invalid cid.' } as const

/** Like the vendor's server: JSON inside the message. */
const mandatoryMessage = (missing: readonly string[]) =>
  JSON.stringify({
    status: 'error',
    errors: Object.fromEntries(missing.map((field) => [field, 'Field is mandatory.'])),
  })

const noContent = (skipped = 0) =>
  new Response(null, { status: 204, headers: skipped > 0 ? { 'x-skipped-events': String(skipped) } : {} })

type Made = readonly (EventRecord | undefined)[] | undefined

/**
 * Skips items that are no record or too late, removes duplicates, and sends all others at once. SDKs take an
 * answer for the whole request, so a header says how many were skipped.
 */
async function store(
  sdkRequest: SdkRequest,
  dependencies: RouteDependencies,
  compiled: CompiledSnapshot,
  items: readonly unknown[],
  toRecords: (item: unknown, recordContext: RecordContext) => Made | Promise<Made>,
): Promise<Response> {
  const { requestContext } = sdkRequest
  const { ports } = dependencies
  ports.limits.countRecords(requestContext.address, items.length)
  const recordContext = recordContextOf(sdkRequest, compiled, dependencies)
  const records = new Map<string, EventRecord>()
  const timely = items.filter((item) => !isTooLate((item as { qt?: unknown } | null | undefined)?.qt))
  const count = (reason: RefusalReason, events: number) =>
    ports.events.countRefused(compiled.environmentId, reason, events)
  count('late', items.length - timely.length)
  if (items.length > 0 && timely.length === 0) return refusalResponse(tooLate, requestContext)
  let skipped = items.length - timely.length
  for (const item of timely) {
    const making = toRecords(item, recordContext)
    const made = making instanceof Promise ? await making : making
    if (!made) {
      skipped++
      count('invalid', 1)
    }
    for (const record of made ?? []) if (record && !records.has(record.id)) records.set(record.id, record) // made of kind, visitor and content
  }
  if (records.size === 0) return noContent(skipped)
  const sent = await ports.events.send([...records.values()], compiled)
  return sent.ok ? noContent(skipped) : refusalResponse(sent.problem, requestContext)
}
