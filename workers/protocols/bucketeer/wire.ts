// Bucketeer's wire format: the requests of its SDKs, and the form of the answers.
import * as z from 'zod/mini'
import {
  anything,
  boundedName,
  boundedText,
  double,
  enumeration,
  enumerationOrZero,
  integer,
  list,
  message,
  optional,
  requiredText,
  someOf,
  text,
  textMap,
  withFallback,
} from './protojson.ts'

/** SourceId: identifies the SDK. */
const sources = {
  UNKNOWN: 0,
  ANDROID: 1,
  IOS: 2,
  WEB: 3,
  GO_SERVER: 5,
  NODE_SERVER: 6,
  JAVASCRIPT: 7,
  FLUTTER: 8,
  REACT: 9,
  REACT_NATIVE: 10,
  OPEN_FEATURE_KOTLIN: 100,
  OPEN_FEATURE_SWIFT: 101,
  OPEN_FEATURE_JAVASCRIPT: 102,
  OPEN_FEATURE_GO: 103,
  OPEN_FEATURE_NODE: 104,
  OPEN_FEATURE_REACT: 105,
  OPEN_FEATURE_REACT_NATIVE: 106,
}
const sdk = { sourceId: enumerationOrZero(sources), sdkVersion: text }
/** Local mode requires the SDK to identify itself, as in Bucketeer. */
const namedSdk = {
  sourceId: enumeration(sources).check(z.refine((id) => id !== 0, 'is required')),
  sdkVersion: requiredText,
}

export const User = message({ id: requiredText, data: textMap })
export type User = z.infer<typeof User>

export const GetEvaluationsRequest = message({ ...sdk, user: User, tag: text, userEvaluationsId: text })
export const GetEvaluationRequest = message({ ...sdk, user: User, tag: text, featureId: requiredText })
export const GetFeatureFlagsRequest = message({
  ...namedSdk,
  tag: text,
  featureFlagsId: text,
  requestedAt: integer,
})
export const GetSegmentUsersRequest = message({
  ...namedSdk,
  segmentIds: list(z.string()).check(z.maxLength(10_000)),
  requestedAt: integer,
})

/** SDKs send 50 at a time. */
const eventsMax = 1_000
export const RegisterEventsRequest = message({
  ...sdk,
  events: someOf(message({ id: requiredText, event: anything, type: anything }), eventsMax),
})
export type RegisterEventsRequest = z.infer<typeof RegisterEventsRequest>

/**
 * Limits of the queue's messages and of sums: larger amounts are taken for errors, and their squares would
 * drown out all others.
 */
const textLengthMax = 1_000
const amountMax = 1e15

const name = boundedName(textLengthMax)
const shortText = boundedText(textLengthMax)

/** Reason_Type: the reason that an SDK reports for a decision. */
export const reasons = {
  TARGET: 0,
  RULE: 1,
  DEFAULT: 3,
  CLIENT: 4,
  OFF_VARIATION: 5,
  PREREQUISITE: 6,
  ERROR_NO_EVALUATIONS: 20,
  ERROR_FLAG_NOT_FOUND: 21,
  ERROR_WRONG_TYPE: 22,
  ERROR_USER_ID_NOT_SPECIFIED: 23,
  ERROR_FEATURE_FLAG_ID_NOT_SPECIFIED: 24,
  ERROR_EXCEPTION: 25,
  ERROR_CACHE_NOT_FOUND: 26,
}
/** ApiId: the API call that an SDK measured. */
export const apis = {
  UNKNOWN_API: 0,
  GET_EVALUATION: 1,
  GET_EVALUATIONS: 2,
  REGISTER_EVENTS: 3,
  GET_FEATURE_FLAGS: 4,
  GET_SEGMENT_USERS: 5,
  SDK_GET_VARIATION: 100,
}

const userFields = {
  timestamp: double,
  userId: requiredText,
  user: optional(message({ data: textMap })),
  tag: text,
}
export const EvaluationEvent = message({
  ...userFields,
  featureId: name,
  featureVersion: integer,
  variationId: shortText,
  reason: message({ type: enumerationOrZero(reasons), ruleId: shortText }),
})
export const GoalEvent = message({
  ...userFields,
  goalId: name,
  value: z._default(double.check(z.refine((value) => Math.abs(value) <= amountMax, 'too large')), 0),
})
export const MetricsEvent = message({ event: z.record(z.string(), z.unknown()) })
/** The inner event. Its fields are optional, and invalid ones are ignored. */
export const Metrics = message({
  apiId: withFallback(enumerationOrZero(apis), 0),
  latencySecond: withFallback(z.optional(double), undefined),
  sizeByte: withFallback(z.optional(double), undefined),
})

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

export interface EventError {
  readonly retriable: boolean
  readonly message: string
}
export interface RegisterEventsResponse {
  readonly errors: Readonly<Record<string, EventError>>
}
