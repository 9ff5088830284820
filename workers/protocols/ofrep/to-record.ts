// Turns OFREP's tracking events into records for the lake. An exposure is attributed to a rule only if a
// token proves the decision, or if the same is decided again now.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { isTimely } from '../../../analytics/event-time.ts'
import { untimelyRule } from '../../../analytics/intake.ts'
import { type EventRecord, type Exposure, type Tracking, recordVersion } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { verifyToken } from './exposure-token.ts'
import type * as wire from './wire.ts'

/** What the records of one request have in common. */
export interface RecordContext {
  readonly compiled: CompiledSnapshot
  /** Undefined if exposure tokens are not issued. */
  readonly secret: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** Decides like the evaluation routes. */
  readonly decide: (flagKey: string, context: EvaluationContext) => Promise<Evaluation>
  /** Adds the attributes of the request. */
  readonly enrich: (context: EvaluationContext) => EvaluationContext
}

/** Limit of the lake's record schema. */
const targetingKeyLengthMax = 1_000

export async function toRecord(
  event: wire.TrackingEvent,
  context: EvaluationContext,
  recordContext: RecordContext,
): Promise<Result<EventRecord>> {
  const common = commonFields(event, context, recordContext)
  if (!common.ok) return common
  const idOf = (identity: readonly (string | number)[]) =>
    murmur3x64Hex(
      JSON.stringify([recordContext.compiled.environmentId, context.targetingKey, event.kind, ...identity]),
    )
  if (event.kind === 'goal') {
    const { name, value = 0 } = event
    const { at, receivedAt } = common.value
    // Without an id, every request is a separate event.
    const identity = event.id === undefined ? [name, value, at, receivedAt] : ['id', event.id]
    const id = idOf(identity)
    return ok({ ...common.value, id, kind: 'tracking', event: name.toWellFormed(), value } satisfies Tracking)
  }
  const decision = await exposedDecision(event, context, recordContext)
  if (!decision.ok) return decision
  const id = idOf(exposureIdentity(event, decision.value, common.value.at))
  const { flagKey, flagVersion, variationId, ruleId } = decision.value
  const exposed = { flagKey, flagVersion, variationId, ruleId }
  return ok({ ...common.value, id, kind: 'exposure', ...exposed } satisfies Exposure)
}

function commonFields(
  { timestamp, attributes }: wire.TrackingEvent,
  context: EvaluationContext,
  { now, compiled }: RecordContext,
) {
  const targetingKey = context.targetingKey!
  if (targetingKey.length > targetingKeyLengthMax) return invalidField('context.targetingKey', 'is too long')
  const at = timeOf(timestamp, now)
  if (at === undefined || !isTimely(at, now))
    return invalidField('timestamp', 'is more than 31 days old, or more than 24 hours ahead', untimelyRule)
  return ok({
    v: recordVersion as typeof recordVersion,
    environmentId: compiled.environmentId,
    at,
    receivedAt: now,
    protocol: 'ofrep' as const,
    sdk: '',
    targetingKey: targetingKey.toWellFormed(),
    attributes: toRecordAttributes({ ...context.attributes, ...attributes }),
  })
}

type ExposedDecision = Pick<Exposure, 'flagKey' | 'flagVersion' | 'variationId' | 'ruleId'>

/** A token is one exposure, however often it is sent. */
function exposureIdentity({ id, exposureToken }: wire.Exposure, decision: ExposedDecision, at: number) {
  if (exposureToken !== undefined) return ['token', exposureToken]
  if (id !== undefined) return ['id', id]
  const { flagKey, flagVersion, variationId, ruleId } = decision
  return [flagKey, flagVersion, variationId, ruleId, at]
}

/**
 * Taken from the token, or else from the event's flag and variation, for which the flag is evaluated again.
 */
async function exposedDecision(
  { exposureToken, flagKey, variationId }: wire.Exposure,
  context: EvaluationContext,
  { compiled, secret, now, decide }: RecordContext,
): Promise<Result<ExposedDecision>> {
  if (exposureToken !== undefined) {
    if (secret === undefined) return invalidField('exposureToken', 'tokens are not given out here')
    const { environmentId } = compiled
    return verifyToken(secret, exposureToken, { environmentId, targetingKey: context.targetingKey! }, now)
  }
  if (flagKey === undefined || variationId === undefined)
    return invalidField(
      flagKey === undefined ? 'flagKey' : 'variationId',
      'is missing, and there is no exposureToken',
    )
  const { flag, variation, cause } = await decide(flagKey, context)
  if (!flag) return invalidField('flagKey', `there is no flag ${flagKey}`)
  if (!flag.variations.some(({ id }) => id === variationId))
    return invalidField('variationId', `there is no variation ${variationId}`)
  const isDecided = variation?.id === variationId && 'ruleId' in cause
  return ok({ flagKey, flagVersion: flag.version, variationId, ruleId: isDecided ? cause.ruleId : '' })
}

const invalidField = (path: string, message: string, rule?: string) =>
  refuse('INVALID', `${path}: ${message}`, {
    fields: [{ path, message, ...(rule !== undefined && { rule }) }],
  })

/** Whole epoch milliseconds; undefined if the timestamp is invalid. */
function timeOf(timestamp: string | number | undefined, now: number): number | undefined {
  if (timestamp === undefined) return now
  const at = Math.round(typeof timestamp === 'number' ? timestamp : Date.parse(timestamp))
  return Number.isSafeInteger(at) ? at : undefined
}
