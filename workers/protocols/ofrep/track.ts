// The way back: what a user did, and which decisions they were shown. One event or many in a request; in a
// batch each is judged alone.
import type { EventRecord } from '../../../analytics/records.ts'
import { type FieldProblem, type Problem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import { decideOne } from '../../sdk/decide.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { enriched } from '../../sdk/enrich.ts'
import { parseWith } from '../../http/parse.ts'
import type { Ports } from '../../contracts/ports.ts'
import { type Asked, ask } from './request.ts'
import { fail, refusalOf, targetingKeyMissing } from './refusal.ts'
import { type Receipt, toRecord } from './to-record.ts'
import { toContext } from './translate.ts'
import * as wire from './wire.ts'
import * as z from 'zod/mini'

const bodyBytesMax = 1024 * 1024
/** Flaws that a refusal of a whole batch names. */
const flawsMax = 20

export async function track(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const { requestContext } = sdkRequest
  const asked = await ask(sdkRequest, ports, readObject, bodyBytesMax)
  if (!asked.ok) return fail(asked.problem, requestContext)
  const batch = batchOf(asked.value.body)
  if (!batch.ok) return fail(batch.problem, requestContext)
  const receipt = receiptOf(sdkRequest.request, ports, asked.value)
  const judged = await Promise.all(
    batch.value.events.map((event) => judge(event, batch.value.context, receipt)),
  )
  const records = judged.flatMap((each) => (each.ok ? [each.value] : []))
  const refused = judged.flatMap((each, index) => (each.ok ? [] : [{ index, problem: each.problem }]))
  const isAll = refused.length > 0 && records.length === 0
  if (isAll) return fail(together(refused, 'events' in asked.value.body), requestContext)
  if (refused[0]) requestContext.refused = refused[0].problem.code // counted, though the rest is taken
  if (records.length > 0 && !(await ports.events.send(records)))
    return fail({ code: 'UNAVAILABLE', message: 'the events could not be stored, try again' }, requestContext)
  const answer: wire.TrackingAnswer = {
    accepted: records.length,
    rejected: refused.map(({ index, problem }) => ({ index, ...refusalOf(problem) })),
  }
  return Response.json(answer)
}

const anyObject = z.looseObject({})
const readObject = (body: unknown) => parseWith(anyObject, body)

/** A single event is a batch of one. */
const batchOf = (body: object): Result<z.infer<typeof wire.TrackingBatch>> =>
  'events' in body ? parseWith(wire.TrackingBatch, body) : ok({ context: undefined, events: [body] })

async function judge(event: unknown, shared: wire.Context, receipt: Receipt): Promise<Result<EventRecord>> {
  const parsed = parseWith(wire.TrackingEvent, event)
  if (!parsed.ok) return parsed
  const context = toContext(parsed.value.context ?? shared)
  if (context.targetingKey === undefined) return noTargetingKey
  return toRecord(parsed.value, receipt.enrich(context), receipt)
}

const noTargetingKey = refuse('INVALID', 'context.targetingKey: is missing', {
  fields: [{ path: 'context.targetingKey', rule: targetingKeyMissing, message: 'is missing' }],
})

const receiptOf = (request: Request, ports: Ports, { compiled }: Asked<unknown>): Receipt => ({
  compiled,
  secret: ports.exposureSecret,
  now: ports.now(),
  decide: async (flagKey, context) => (await decideOne(ports, compiled, context, flagKey)).evaluation,
  enrich: (context) => enriched(context, compiled, request),
})

/** Nothing of a request was taken: its first flaws, each with the place of its event. */
function together(
  refused: readonly { readonly index: number; readonly problem: Problem }[],
  isBatch: boolean,
): Problem {
  const first = refused[0]!.problem
  if (!isBatch) return first
  const fields = refused.flatMap(({ index, problem: { fields: flaws = [], message } }): FieldProblem[] =>
    flaws.length === 0
      ? [{ path: `events.${index}`, message }]
      : flaws.map((flaw) => ({ ...flaw, path: `events.${index}${flaw.path && `.${flaw.path}`}` })),
  )
  return { ...first, fields: fields.slice(0, flawsMax) }
}
