// OFREP 0.3, spelled as the protocol spells it; and beside it the way back for events, which the protocol has
// no route for yet.
import * as z from 'zod/mini'
import { type Result, ok } from '../../../core/model/problem.ts'
import { parseWith } from '../../http/parse.ts'

/** Java's clients write null for what they do not have. */
const Context = z.nullish(z.looseObject({ targetingKey: z.nullish(z.string()) }))
export type Context = z.infer<typeof Context>

const EvaluationRequest = z.object({ context: Context })
export type EvaluationRequest = z.infer<typeof EvaluationRequest>

/**
 * Whoever sends what the protocol says is not kept waiting by the schema: what looks wrong gets its
 * complaints from it.
 */
export const readRequest = (body: unknown): Result<EvaluationRequest> =>
  isRequest(body) ? ok(body) : parseWith(EvaluationRequest, body)

function isRequest(body: unknown): body is EvaluationRequest {
  if (!isObject(body)) return false
  const { context } = body
  if (context === undefined || context === null) return true
  if (!isObject(context)) return false
  const { targetingKey } = context
  return targetingKey === undefined || targetingKey === null || typeof targetingKey === 'string'
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export type ErrorCode =
  | 'FLAG_NOT_FOUND'
  | 'PARSE_ERROR'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'GENERAL'

export interface Refusal {
  readonly key?: string
  readonly errorCode: ErrorCode
  readonly errorDetails: string
}

export interface EventStream {
  readonly type: 'sse'
  /** Without an origin: 0.4.3 of the web provider opens no stream for an empty one. */
  readonly endpoint: { readonly requestUri: string }
  readonly inactivityDelaySec: number
}

const nameLengthMax = 1_000
/** Beyond this a value is garbage, and its square would not fit into a sum. */
const valueMax = 1e15

const told = {
  /** Makes a retry harmless: equal ids of one user are one event. */
  id: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  /** Epoch milliseconds, or a date as ISO 8601 has it. */
  timestamp: z.optional(z.union([z.number(), z.string()])),
  context: Context,
  attributes: z.optional(z.record(z.string(), z.unknown())),
}

export const Goal = z.strictObject({
  ...told,
  kind: z.literal('goal'),
  name: z.string().check(z.minLength(1), z.maxLength(nameLengthMax)),
  value: z.optional(z.number().check(z.gte(-valueMax), z.lte(valueMax))),
})
export type Goal = z.infer<typeof Goal>

/** By the token that came with the decision, or by naming flag and variation. */
export const Exposure = z.strictObject({
  ...told,
  kind: z.literal('exposure'),
  exposureToken: z.optional(z.string().check(z.maxLength(2_000))),
  flagKey: z.optional(z.string()),
  variationId: z.optional(z.string()),
})
export type Exposure = z.infer<typeof Exposure>

export const TrackingEvent = z.discriminatedUnion('kind', [Goal, Exposure])
export type TrackingEvent = z.infer<typeof TrackingEvent>

const eventsMax = 500
/** Each event is judged alone. Its context may be here, for those that have none of their own. */
export const TrackingBatch = z.strictObject({
  context: Context,
  events: z.array(z.unknown()).check(z.maxLength(eventsMax)),
})

export interface TrackingAnswer {
  readonly accepted: number
  readonly rejected: readonly (Omit<Refusal, 'key'> & { readonly index: number })[]
}
