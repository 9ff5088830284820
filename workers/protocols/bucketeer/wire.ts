// Bucketeer's wire, spelled as it spells it. Unknown fields are dropped, as protojson does.
import * as z from 'zod'

const int64 = z.union([z.number(), z.string()])

export const User = z.object({ id: z.string().min(1), data: z.record(z.string(), z.string()).nullish() })
export type User = z.infer<typeof User>

const sdk = { sourceId: z.union([z.number(), z.string()]).optional(), sdkVersion: z.string().optional() }

export const GetEvaluationsRequest = z.object({
  ...sdk,
  user: User,
  tag: z.string().default(''),
  userEvaluationsId: z.string().default(''),
})

export const GetEvaluationRequest = z.object({
  ...sdk,
  user: User,
  tag: z.string().default(''),
  featureId: z.string().min(1),
})

export const RegisterEventsRequest = z.object({
  ...sdk,
  events: z
    .array(z.object({ id: z.string().min(1), event: z.unknown().optional() }))
    .min(1)
    .max(1_000),
})
export type RegisterEventsRequest = z.infer<typeof RegisterEventsRequest>

/** Beyond these an event is garbage: it would not fit into a message of the queue, or its square not into a sum. */
const textLengthMax = 1_000
const amountMax = 1e15

const text = z.string().max(textLengthMax)
const envelope = { timestamp: int64, sourceId: z.unknown().optional(), sdkVersion: z.string().default('') }
const userFields = {
  userId: z.string().min(1),
  user: z.object({ data: z.record(z.string(), z.string()).nullish() }).nullish(),
  tag: z.string().default(''),
}

export const EvaluationEvent = z.object({
  ...envelope,
  ...userFields,
  featureId: text.min(1),
  featureVersion: z.int().default(0),
  variationId: text.default(''),
  reason: z.object({
    type: z.union([text, z.number()]).default('TARGET'),
    ruleId: text.default(''),
  }),
})
export const GoalEvent = z.object({
  ...envelope,
  ...userFields,
  goalId: text.min(1),
  value: z.number().min(-amountMax).max(amountMax).default(0),
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
