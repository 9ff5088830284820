// Turns the events that Bucketeer's SDKs report into records for the lake. Events are accepted or rejected
// one by one.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { eventTime } from '../../../analytics/event-time.ts'
import { untimelyRule } from '../../../analytics/intake.ts'
import type { EventRecord, Exposure } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { EventOrigin } from '../../sdk/event-origin.ts'
import { type CheckClaim, hasVariation, ruleIdOf } from '../../sdk/verify-exposure.ts'
import { toContext } from './evaluations.ts'
import { type MaybePromise, chain } from '../../sdk/maybe-promise.ts'
import { ownRuleId } from './to-feature.ts'
import { parseMessage } from './request.ts'
import * as wire from './wire.ts'

/** What the records of one request have in common. */
export interface RecordContext {
  readonly compiled: CompiledSnapshot
  /** Epoch milliseconds. */
  readonly now: number
  readonly sdk: string
  readonly origin: EventOrigin
  readonly checkClaim: CheckClaim
  /** Adds the attributes of the request. */
  readonly enrich: (context: EvaluationContext) => EvaluationContext
}

/** The SDK's name in records: SourceId and version. */
export const sdkName = (sourceId: number, version: string) =>
  `bucketeer-${sourceId}/${version}`.slice(0, 200).toWellFormed()

const idLengthMax = 200
const prefix = 'type.googleapis.com/bucketeer.event.client.'

export function toRecord(
  id: string,
  event: unknown,
  recordContext: RecordContext,
): MaybePromise<Result<EventRecord>> {
  if (id.length > idLengthMax) return refuse('INVALID', `the id is longer than ${idLengthMax} characters`)
  switch (typeOf(event)) {
    case `${prefix}EvaluationEvent`:
      return evaluationEventToRecord(id, event, recordContext)
    case `${prefix}GoalEvent`:
      return goalEventToRecord(id, event, recordContext)
    case `${prefix}MetricsEvent`:
      return metricsEventToRecord(id, event, recordContext)
    default:
      return refuse('INVALID', 'unknown event type')
  }
}

const typeOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && '@type' in event ? event['@type'] : undefined

const { CLIENT, DEFAULT, RULE } = wire.reasons
/** Reasons that SDKs give if they used the default in the code, without an evaluation of ours. */
const isDefaultUsed = (type: number) => type === CLIENT || type >= wire.reasons.ERROR_NO_EVALUATIONS

function evaluationEventToRecord(
  id: string,
  event: unknown,
  recordContext: RecordContext,
): MaybePromise<Result<EventRecord>> {
  const parsed = parseMessage(wire.EvaluationEvent, event)
  if (!parsed.ok) return parsed
  const { featureId, featureVersion, variationId, reason, timestamp } = parsed.value
  const common = commonFields(id, timestamp, parsed.value, recordContext)
  if (!common.ok) return common
  // Not an exposure: the user got no variation of the flag.
  if (isDefaultUsed(reason.type)) {
    const name = `default-used:${nameOf(reason.type, wire.reasons)}`
    return ok({ ...common.value, kind: 'sdk-report', event: name, value: 1 })
  }
  if (variationId === '') return refuse('INVALID', 'variation id is required')
  const { compiled, checkClaim, enrich } = recordContext
  const known = compiled.byKey.get(featureId)
  if (!known?.isServed) return refuse('INVALID', `there is no feature ${featureId}`)
  const { flag } = known
  // A newer version than this copy of the flag may have another variation.
  if (!hasVariation(flag, variationId) && featureVersion <= flag.version)
    return refuse('INVALID', `there is no variation ${variationId} of feature ${featureId}`)
  const ruleId =
    reason.type === DEFAULT
      ? flag.defaultStrategy.id
      : reason.type === RULE
        ? ownRuleId(flag, reason.ruleId)
        : ''
  const { userId, user } = parsed.value
  const context = enrich(toContext({ id: userId, data: user?.data }))
  return chain(checkClaim({ flag, variationId, ruleId }, context, ruleIdOf), (finding) =>
    ok({
      ...common.value,
      kind: 'exposure',
      flagKey: featureId,
      flagVersion: featureVersion,
      variationId,
      ruleId,
      verified: finding.verified,
      revision: finding.revision,
      unitAttribute: finding.unitAttribute,
      unit: finding.unit,
    } satisfies Exposure),
  )
}

function goalEventToRecord(id: string, event: unknown, recordContext: RecordContext): Result<EventRecord> {
  const parsed = parseMessage(wire.GoalEvent, event)
  if (!parsed.ok) return parsed
  const common = commonFields(id, parsed.value.timestamp, parsed.value, recordContext)
  if (!common.ok) return common
  // The wire has whole seconds. Goals are set to the end of their second and exposures to its start, so that
  // a goal does not precede an exposure in the same second.
  const at = Math.min(common.value.at + 999, Math.max(common.value.at, recordContext.now))
  return ok({
    ...common.value,
    at,
    kind: 'tracking',
    type: 'goal',
    event: parsed.value.goalId,
    value: parsed.value.value,
  })
}

/**
 * The value is the latency in seconds, the size in bytes, or else 1. The name includes the API that was
 * called.
 */
function metricsEventToRecord(id: string, event: unknown, recordContext: RecordContext): Result<EventRecord> {
  const parsed = parseMessage(wire.MetricsEvent, event)
  if (!parsed.ok) return parsed
  const inner = parsed.value.event
  const metrics = parseMessage(wire.Metrics, inner)
  if (!metrics.ok) return metrics
  const { apiId, latencySecond, sizeByte } = metrics.value
  const type = inner['@type']
  const name = typeof type === 'string' ? type.replace(prefix, '').slice(0, 100).toWellFormed() : 'unknown'
  return ok({
    ...fields(id, recordContext.now, { userId: '' }, recordContext),
    kind: 'sdk-report',
    event: apiId === 0 ? name : `${name}/${nameOf(apiId, wire.apis)}`,
    value: [latencySecond, sizeByte].find((each) => Number.isFinite(each)) ?? 1,
  })
}

const nameOf = (number: number, numbers: Readonly<Record<string, number>>) =>
  Object.keys(numbers).find((name) => numbers[name] === number) ?? String(number)

/**
 * `GET /track` reports a goal without an SDK. The id is a hash of the query, so a repeated request counts
 * once.
 */
export function trackToRecord(query: URLSearchParams, recordContext: RecordContext): Result<EventRecord> {
  const get = (name: string) => query.get(name) ?? undefined
  const goal = {
    goalId: get('goalid'),
    userId: get('userid'),
    tag: get('tag'),
    timestamp: get('timestamp') ?? Math.floor(recordContext.now / 1_000),
    value: get('value'),
  }
  const id = `track-${murmur3x64Hex(JSON.stringify([recordContext.compiled.environmentId, goal]))}`
  return goalEventToRecord(id, goal, recordContext)
}

interface EventUser {
  readonly userId: string
  readonly user?: { readonly data?: Record<string, string> | undefined } | undefined
}

/** `timestamp` is in epoch seconds. */
function commonFields(id: string, timestamp: number, eventUser: EventUser, recordContext: RecordContext) {
  const at = eventTime(Math.round(timestamp * 1_000), recordContext.now)
  return at === undefined
    ? refuse('INVALID', 'the timestamp is out of range', {
        fields: [{ path: 'timestamp', rule: untimelyRule, message: 'is out of range' }],
      })
    : ok(fields(id, at, eventUser, recordContext))
}

const fields = (
  id: string,
  at: number,
  { userId, user }: EventUser,
  { compiled, now, sdk, origin }: RecordContext,
) => ({
  v: 2 as const,
  keyKind: origin.keyKind,
  source: origin.source,
  id,
  environmentId: compiled.environmentId,
  at,
  receivedAt: now,
  protocol: 'bucketeer' as const,
  sdk,
  targetingKey: userId.slice(0, 1_000).toWellFormed(),
  attributes: toRecordAttributes(user?.data ?? {}),
})
