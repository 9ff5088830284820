// The tracking route: goals and exposures of a user. A request has one event or a batch, whose events are
// accepted or rejected one by one.
import { refusalReasonOf } from '../../../analytics/intake.ts'
import type { EventRecord } from '../../../analytics/records.ts'
import { type FieldProblem, type Problem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import { originOf } from '../../sdk/event-origin.ts'
import { claimChecker } from '../../sdk/verify-exposure.ts'
import type { MaybePromise } from '../../sdk/maybe-promise.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { enrichContext } from '../../sdk/enrich.ts'
import { parseWith } from '../../http/parse.ts'
import { statusOf } from '../../http/problem-response.ts'
import type { Ports } from '../../contracts/ports.ts'
import { refusalOf, refusalResponse, targetingKeyMissing } from './refusal.ts'
import { type AuthenticatedRequest, readRequest } from './request.ts'
import { type RecordContext, toRecord } from './to-record.ts'
import { toContext } from './translate.ts'
import * as wire from './wire.ts'
import * as z from 'zod/mini'

const bodyBytesMax = 1024 * 1024
/** Invalid fields that are named if a whole batch is refused. */
const namedFieldsMax = 20

export async function track(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const { requestContext } = sdkRequest
  const authenticated = await readRequest(sdkRequest, ports, parseObject, bodyBytesMax)
  if (!authenticated.ok) return refusalResponse(authenticated.problem, requestContext)
  const { body } = authenticated.value
  const batch = parseBatch(body)
  if (!batch.ok) return refusalResponse(batch.problem, requestContext)
  const { context, sentAt, events } = batch.value
  ports.limits.countRecords(requestContext.address, events.length)
  const { compiled } = authenticated.value
  const recordContext = recordContextOf(sdkRequest, ports, authenticated.value)
  const made = events.map((event, index) => eventToRecord(event, index, { context, sentAt }, recordContext))
  const results: Result<EventRecord>[] = []
  for (const each of made) results.push(each instanceof Promise ? await each : each)
  const records = results.flatMap((each) => (each.ok ? [each.value] : []))
  const rejected = results.flatMap((each, index) => (each.ok ? [] : [{ index, problem: each.problem }]))
  for (const { problem } of rejected)
    ports.events.countRefused(compiled.environmentId, refusalReasonOf(problem), 1)
  if (rejected.length > 0 && records.length === 0)
    return refusalResponse(combinedProblem(rejected, 'events' in body), requestContext)
  if (rejected[0]) requestContext.refused = rejected[0].problem.code // counts as refused in the metrics
  const sent = records.length > 0 ? await ports.events.send(records, compiled) : undefined
  // The route is our own, so its status is HTTP's; the protocol has none for this.
  if (sent && !sent.ok)
    return refusalResponse(sent.problem, requestContext, undefined, statusOf[sent.problem.code])
  for (const record of sent?.tooLarge ?? [])
    rejected.push({ index: results.findIndex((each) => each.ok && each.value === record), problem: tooLarge })
  const answer: wire.TrackingAnswer = {
    accepted: results.length - rejected.length,
    rejected: rejected.map(({ index, problem }) => ({ index, ...refusalOf(problem) })),
  }
  return Response.json(answer)
}

const tooLarge: Problem = { code: 'TOO_LARGE', message: 'the event is too large' }

const anyObject = z.looseObject({})
const parseObject = (body: unknown) => parseWith(anyObject, body)

/** A single event becomes a batch of one. */
const parseBatch = (body: object): Result<z.infer<typeof wire.TrackingBatch>> =>
  'events' in body
    ? parseWith(wire.TrackingBatch, body)
    : ok({ context: undefined, sentAt: undefined, events: [body] })

function eventToRecord(
  event: unknown,
  index: number,
  batch: Pick<z.infer<typeof wire.TrackingBatch>, 'context' | 'sentAt'>,
  recordContext: RecordContext,
): MaybePromise<Result<EventRecord>> {
  const parsed = wire.parseTrackingEvent(event)
  if (!parsed.ok) return parsed
  const context = toContext(parsed.value.context ?? batch.context)
  if (context.targetingKey === undefined) return noTargetingKey
  const tracked = parsed.value.sentAt === undefined ? { ...parsed.value, sentAt: batch.sentAt } : parsed.value
  return toRecord(tracked, index, recordContext.enrich(context), recordContext)
}

const noTargetingKey = refuse('INVALID', 'context.targetingKey: is missing', {
  fields: [{ path: 'context.targetingKey', rule: targetingKeyMissing, message: 'is missing' }],
})

const recordContextOf = (
  { request, requestContext }: SdkRequest,
  ports: Ports,
  { compiled }: AuthenticatedRequest<unknown>,
): RecordContext => ({
  compiled,
  secret: ports.exposureSecret,
  now: requestContext.startedAt ?? ports.now(),
  requestId: request.headers.get('cf-ray') ?? '',
  origin: originOf(requestContext, ports, compiled.environmentId),
  checkClaim: claimChecker(ports, compiled),
  enrich: (context) => enrichContext(context, compiled, request),
})

/**
 * The problem of a request whose events were all rejected. The fields of a batch are prefixed by their event.
 */
function combinedProblem(
  rejected: readonly { readonly index: number; readonly problem: Problem }[],
  isBatch: boolean,
): Problem {
  const first = rejected[0]!.problem
  if (!isBatch) return first
  const allFields = rejected.flatMap(({ index, problem: { fields = [], message } }): FieldProblem[] =>
    fields.length === 0
      ? [{ path: `events.${index}`, message }]
      : fields.map((field) => ({ ...field, path: `events.${index}${field.path && `.${field.path}`}` })),
  )
  return { ...first, fields: allFields.slice(0, namedFieldsMax) }
}
