// What SDKs send: activations, hits, a visitor's context, and messages about their own work. What is not
// answered with 2xx comes again, with all it came with, for hours; so whatever can never be taken is dropped,
// and only what may be taken later is refused.
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { refuse } from '../../../core/model/problem.ts'
import { readEnvironment } from '../../sdk/authenticate.ts'
import { readText } from '../../http/body.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { decisionBytesMax } from './decision-routes.ts'
import { type Shared, callerOf, fail, onlyMethod, parseBody, receiptOf } from './respond.ts'
import { type Receipt, segmentRecord, toExposure, toRecord, toSdkReport } from './to-record.ts'
import * as wire from './wire.ts'

/** The SDK's own cap on a batch is 2.5 million characters. */
const hitsBytesMax = 4 * 1024 * 1024

/** An SDK whose visitors were made before it was started sends so for good. */
const nobodys = 'undefined'

/** Undefined where the path is another matter. `parts`: of the path, decoded. */
export function intakeRoute(
  sdkRequest: SdkRequest,
  shared: Shared,
  parts: readonly string[],
): Promise<Response> | Response | undefined {
  const { request, requestContext } = sdkRequest
  const isPost = request.method === 'POST'
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const [first = '', second = '', third] = parts
  if (first === 'v2') {
    if (parts.length === 2 && second === 'activate')
      return isPost ? activate(sdkRequest, shared) : onlyMethod('POST', requestContext)
    return isPost && parts.length === 3 && third === 'events'
      ? context(sdkRequest, shared, second)
      : undefined
  }
  if (first === 'accounts' && third === 'segments' && parts.length === 4 && isRead) return Response.json([])
  if (first === 'v1' && second === 'segments')
    return fail({ code: 'NOT_FOUND', message: 'there is no score of this visitor' }, requestContext)
  if (parts.length !== 1 || !isPost) return undefined
  switch (first) {
    case '':
      return hits(sdkRequest, shared)
    case 'troubleshooting':
    case 'analytics':
      return message(sdkRequest, shared)
    case 'emotionsai':
      // A product of the vendor's: what its SDKs collect for it is not looked at, and no score comes back.
      return readText(request, hitsBytesMax).then(dropped)
    default:
      return undefined
  }
}

async function activate(sdkRequest: SdkRequest, shared: Shared): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const body = await parseBody(request, wire.ActivateRequest, hitsBytesMax)
  if (!body.ok) return fail(body.problem, requestContext)
  const { cid, batch } = body.value
  if (cid === nobodys) return dropped()
  const compiled = await callerOf(sdkRequest, shared.ports, undefined)
  if (!compiled.ok) return fail(compiled.problem, requestContext)
  if (compiled.value.environmentId !== cid) return fail(invalidCid, requestContext)
  if (!batch) {
    const missing = wire.mandatoryFields.filter((field) => !body.value[field])
    if (missing.length > 0) return fail(refuse('INVALID', mandatory(missing)).problem, requestContext)
    const alone = wire.Activation.safeParse(body.value)
    if (!alone.success) return fail(refuse('INVALID', 'vid, caid and vaid are texts').problem, requestContext)
  }
  return store(sdkRequest, shared, compiled.value, batch ?? [body.value], (item, receipt) => {
    const parsed = wire.Activation.safeParse(item)
    return parsed.success ? toExposure(parsed.data, receipt) : undefined
  })
}

async function context(sdkRequest: SdkRequest, shared: Shared, environment: string): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const compiled = await callerOf(sdkRequest, shared.ports, environment)
  if (!compiled.ok) return fail(compiled.problem, requestContext)
  const body = await parseBody(request, wire.ContextRequest, decisionBytesMax)
  if (!body.ok) return fail(body.problem, requestContext)
  const { visitorId, context: told } = body.value
  const isEmpty = visitorId === '' || Object.keys(told).length === 0
  return store(sdkRequest, shared, compiled.value, isEmpty ? [] : [told], (_, receipt) =>
    segmentRecord(visitorId, told, 0, receipt),
  )
}

// These two carry no key, and come as text/plain from some clients.
async function hits(sdkRequest: SdkRequest, shared: Shared): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const body = await parseBody(request, wire.HitsRequest, hitsBytesMax)
  if (!body.ok) return fail(body.problem, requestContext)
  const { cid, h } = body.value
  if (cid === nobodys) return dropped()
  const compiled = await readEnvironment(shared.ports, requestContext, cid)
  if (!compiled.ok) return fail(compiled.problem, requestContext)
  return store(sdkRequest, shared, compiled.value, h, (item, receipt) => {
    const parsed = wire.Hit.safeParse(item)
    return parsed.success ? toRecord(parsed.data, receipt) : undefined
  })
}

async function message(sdkRequest: SdkRequest, shared: Shared): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const body = await parseBody(request, wire.SdkMessage, decisionBytesMax)
  if (!body.ok && body.problem.code === 'TOO_LARGE') return fail(body.problem, requestContext)
  if (!body.ok || body.value.cid === nobodys) return dropped()
  const told = body.value
  const compiled = await readEnvironment(shared.ports, requestContext, told.cid)
  if (!compiled.ok) return fail(compiled.problem, requestContext)
  return store(sdkRequest, shared, compiled.value, [told], (_, receipt) => toSdkReport(told, receipt))
}

const invalidCid = { code: 'INVALID', message: 'Invalid cid.' } as const

/** As the vendor's server tells it: JSON as text. */
const mandatory = (missing: readonly string[]) =>
  JSON.stringify({
    status: 'error',
    errors: Object.fromEntries(missing.map((field) => [field, 'Field is mandatory.'])),
  })

const dropped = () => new Response(null, { status: 204 })

/** Each item alone, each event once. One send, however many. */
async function store(
  { request, requestContext }: SdkRequest,
  shared: Shared,
  compiled: CompiledSnapshot,
  items: readonly unknown[],
  translate: (item: unknown, receipt: Receipt) => EventRecord | undefined,
): Promise<Response> {
  const receipt = receiptOf(request, compiled, shared)
  const records = new Map<string, EventRecord>()
  for (const item of items) {
    const record = translate(item, receipt)
    if (record && !records.has(record.id)) records.set(record.id, record)
  }
  const isTaken = records.size === 0 || (await shared.ports.events.send([...records.values()]))
  return isTaken
    ? new Response(null, { status: 204 })
    : fail({ code: 'UNAVAILABLE', message: 'the events could not be stored, try again' }, requestContext)
}
