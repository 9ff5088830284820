// Bucketeer's wire, spelled as it spells it. Unknown fields are dropped, as protojson does.
import * as z from 'zod/mini'

const int64 = z.union([z.number(), z.string()])

export const User = z.object({
  id: z.string().check(z.minLength(1)),
  data: z.nullish(z.record(z.string(), z.string())),
})
export type User = z.infer<typeof User>

const sdk = { sourceId: z.optional(z.union([z.number(), z.string()])), sdkVersion: z.optional(z.string()) }

export const GetEvaluationsRequest = z.object({
  ...sdk,
  user: User,
  tag: z._default(z.string(), ''),
  userEvaluationsId: z._default(z.string(), ''),
})

export const GetEvaluationRequest = z.object({
  ...sdk,
  user: User,
  tag: z._default(z.string(), ''),
  featureId: z.string().check(z.minLength(1)),
})

export const RegisterEventsRequest = z.object({
  ...sdk,
  events: z
    .array(z.object({ id: z.string().check(z.minLength(1)), event: z.optional(z.unknown()) }))
    .check(z.minLength(1), z.maxLength(1_000)),
})
export type RegisterEventsRequest = z.infer<typeof RegisterEventsRequest>

/** Beyond these an event is garbage: it would not fit into a message of the queue, or its square not into a sum. */
const textLengthMax = 1_000
const amountMax = 1e15

const text = z.string().check(z.maxLength(textLengthMax))
const envelope = {
  timestamp: int64,
  sourceId: z.optional(z.unknown()),
  sdkVersion: z._default(z.string(), ''),
}
const userFields = {
  userId: z.string().check(z.minLength(1)),
  user: z.nullish(z.object({ data: z.nullish(z.record(z.string(), z.string())) })),
  tag: z._default(z.string(), ''),
}

export const EvaluationEvent = z.object({
  ...envelope,
  ...userFields,
  featureId: text.check(z.minLength(1)),
  featureVersion: z._default(z.int(), 0),
  variationId: z._default(text, ''),
  reason: z.object({
    type: z._default(z.union([text, z.number()]), 'TARGET'),
    ruleId: z._default(text, ''),
  }),
})
export const GoalEvent = z.object({
  ...envelope,
  ...userFields,
  goalId: text.check(z.minLength(1)),
  value: z._default(z.number().check(z.minimum(-amountMax), z.maximum(amountMax)), 0),
})
export const MetricsEvent = z.object({ ...envelope, event: z.record(z.string(), z.unknown()) })

export type ReasonType = 'TARGET' | 'RULE' | 'DEFAULT' | 'OFF_VARIATION' | 'PREREQUISITE'

export interface Evaluation {
  readonly id: string
  readonly featureId: string
  readonly featureVersion: number
  readonly userId: string
  readonly variationId: string
  readonly variation: {
    readonly id: string
    readonly value: string
    readonly name: string
    readonly description: string
  }
  readonly reason: { readonly type: ReasonType; readonly ruleId: string }
  readonly variationValue: string
  readonly variationName: string
}

export interface GetEvaluationsResponse {
  readonly state: 'FULL'
  readonly evaluations: {
    readonly id: string
    readonly evaluations: readonly Evaluation[]
    /** int64: epoch seconds as text. */
    readonly createdAt: string
    readonly archivedFeatureIds: readonly string[]
    readonly forceUpdate: boolean
  }
  readonly userEvaluationsId: string
}

export interface EventError {
  readonly retriable: boolean
  readonly message: string
}
export interface RegisterEventsResponse {
  readonly errors: Readonly<Record<string, EventError>>
}
