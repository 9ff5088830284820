// The wire format of OFREP 0.3, and of our own route for events, for which the protocol has none yet.
import * as z from 'zod/mini'
import { type Result, ok } from '../../../core/model/problem.ts'
import { parseWith } from '../../http/parse.ts'

/** The Java provider sends null for missing values. */
const Context = z.nullish(z.looseObject({ targetingKey: z.nullish(z.string()) }))
export type Context = z.infer<typeof Context>

const EvaluationRequest = z.object({ context: Context })
export type EvaluationRequest = z.infer<typeof EvaluationRequest>

/**
 * Valid requests skip the schema, which is slow. It is only used to describe what is wrong with the others.
 */
export const parseEvaluationRequest = (body: unknown): Result<EvaluationRequest> =>
  isRequest(body) ? ok(body) : parseWith(EvaluationRequest, body)

function isRequest(body: unknown): body is EvaluationRequest {
  if (!isObject(body)) return false
  const { context } = body
  if (context === undefined || context === null) return true
  if (!isObject(context)) return false
  const { targetingKey } = context
  return targetingKey === undefined || targetingKey === null || typeof targetingKey === 'string'
}

const nameLengthMax = 1_000
const idLengthMax = 200
/** A token may name a unit of 1,000 characters: six bytes each in JSON, and four for three in base64url. */
const tokenLengthMax = 10_000
/** Larger values are taken for errors: their squares would drown out all others in a sum. */
const valueMax = 1e15

/** As for requests: goals, of which a batch may have hundreds, usually skip the schema. */
export const parseTrackingEvent = (event: unknown): Result<TrackingEvent> =>
  isUsualGoal(event) ? ok(event) : parseWith(TrackingEvent, event)

type Check = (value: unknown) => boolean
const isText =
  (lengthMax: number): Check =>
  (value) =>
    typeof value === 'string' && value !== '' && value.length <= lengthMax

/** What a usual goal may consist of. */
const usualGoal: Readonly<Record<string, Check>> = {
  __proto__: null as never, // names are the client's
  kind: (value) => value === 'goal',
  name: isText(nameLengthMax),
  value: (value) => typeof value === 'number' && Math.abs(value) <= valueMax,
  id: isText(idLengthMax),
  context: (context) => isRequest({ context }),
  timestamp: (value) => typeof value === 'string' || Number.isFinite(value),
}

/** Exported for its test. */
export function isUsualGoal(event: unknown): event is Goal {
  if (!isObject(event) || event['kind'] === undefined || event['name'] === undefined) return false
  for (const name in event) if (!usualGoal[name]?.(event[name])) return false
  return true
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
  /** Without `origin`: version 0.4.3 of the web provider opens no stream if it is empty. */
  readonly endpoint: { readonly requestUri: string }
  readonly inactivityDelaySec: number
}

const eventFields = {
  /** Makes retries safe: events of one user with the same id are one event. */
  id: z.optional(z.string().check(z.minLength(1), z.maxLength(idLengthMax))),
  /** Epoch milliseconds or ISO 8601. */
  timestamp: z.optional(z.union([z.number(), z.string()])),
  /** The same, by the same clock: when the client sent it. Corrects `timestamp`. */
  sentAt: z.optional(z.union([z.number(), z.string()])),
  context: Context,
  attributes: z.optional(z.record(z.string(), z.unknown())),
}

export const Goal = z.strictObject({
  ...eventFields,
  kind: z.literal('goal'),
  name: z.string().check(z.minLength(1), z.maxLength(nameLengthMax)),
  value: z.optional(z.number().check(z.gte(-valueMax), z.lte(valueMax))),
  page: z.optional(z.string().check(z.maxLength(nameLengthMax))),
  currency: z.optional(z.string().check(z.maxLength(10))),
  items: z.optional(z.int().check(z.gte(0))),
})
export type Goal = z.infer<typeof Goal>

/** Identified by the token that came with the decision, or by flag and variation. */
export const Exposure = z.strictObject({
  ...eventFields,
  kind: z.literal('exposure'),
  exposureToken: z.optional(z.string().check(z.maxLength(tokenLengthMax))),
  flagKey: z.optional(z.string()),
  variationId: z.optional(z.string()),
})
export type Exposure = z.infer<typeof Exposure>

/** A visitor became known: the context's targeting key is the known id. */
export const Alias = z.strictObject({
  ...eventFields,
  kind: z.literal('alias'),
  previousKey: z.string().check(z.minLength(1), z.maxLength(nameLengthMax)),
})

export const TrackingEvent = z.discriminatedUnion('kind', [Goal, Exposure, Alias])
export type TrackingEvent = z.infer<typeof TrackingEvent>

const eventsMax = 500
/** Events are parsed one by one. `context` and `sentAt` are for those that have none of their own. */
export const TrackingBatch = z.strictObject({
  context: Context,
  sentAt: eventFields.sentAt,
  events: z.array(z.unknown()).check(z.maxLength(eventsMax)),
})

export interface TrackingAnswer {
  readonly accepted: number
  readonly rejected: readonly (Omit<Refusal, 'key'> & { readonly index: number })[]
}
