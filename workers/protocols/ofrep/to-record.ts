// Turns OFREP's tracking events into records for the lake. An exposure is attributed to a rule only if a
// token proves the decision, or if the same is decided again now.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { eventTime } from '../../../analytics/event-time.ts'
import { untimelyRule } from '../../../analytics/intake.ts'
import type { Alias, EventRecord, Exposure, Tracking } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { exposedUnit } from '../../../core/evaluation/exposed-unit.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { EventOrigin } from '../../sdk/event-origin.ts'
import type { MaybePromise } from '../../sdk/maybe-promise.ts'
import { type CheckClaim, hasVariation, ruleIdOf } from '../../sdk/verify-exposure.ts'
import { verifyToken } from './exposure-token.ts'
import type * as wire from './wire.ts'

/** What the records of one request have in common. */
export interface RecordContext {
  readonly compiled: CompiledSnapshot
  /** Undefined if exposure tokens are not issued. */
  readonly secret: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** Cloudflare's, empty elsewhere. */
  readonly requestId: string
  readonly origin: EventOrigin
  readonly checkClaim: CheckClaim
  /** Adds the attributes of the request. */
  readonly enrich: (context: EvaluationContext) => EvaluationContext
}

/** Limit of the lake's record schema. */
const targetingKeyLengthMax = 1_000

/** `index`: of the event in its request. */
export function toRecord(
  event: wire.TrackingEvent,
  index: number,
  context: EvaluationContext,
  recordContext: RecordContext,
): MaybePromise<Result<EventRecord>> {
  const common = commonFields(event, context, recordContext)
  if (!common.ok) return common
  const hashOf = (identity: readonly (string | number)[]) =>
    murmur3x64Hex(
      JSON.stringify([recordContext.compiled.environmentId, context.targetingKey, event.kind, ...identity]),
    )
  const given = event.id?.toWellFormed()
  if (event.kind === 'goal') {
    const { name, value = 0 } = event
    const { at, receivedAt } = common.value
    return ok({
      ...common.value,
      // Without an id, each is an event of its own, in every request.
      id: given ?? hashOf([name, value, at, receivedAt, recordContext.requestId, index]),
      kind: 'tracking',
      type: 'goal',
      event: name.toWellFormed(),
      value,
      ...optionalTexts(event),
      ...(event.items !== undefined && { items: event.items }),
    } satisfies Tracking)
  }
  if (event.kind === 'alias') {
    const previousKey = event.previousKey.toWellFormed()
    return ok({
      ...common.value,
      id: given ?? hashOf([previousKey]),
      kind: 'alias',
      previousKey,
    } satisfies Alias)
  }
  const { exposureToken } = event
  return exposedDecision(event, context, recordContext).then((decision) => {
    if (!decision.ok) return decision
    const { flagKey, flagVersion, variationId, ruleId } = decision.value
    // A token is one exposure, however often it is sent.
    const id =
      exposureToken === undefined
        ? (given ?? hashOf([flagKey, flagVersion, variationId, ruleId, common.value.at]))
        : hashOf(['token', exposureToken])
    return ok({ ...common.value, id, kind: 'exposure', ...decision.value } satisfies Exposure)
  })
}

const optionalTexts = ({ page, currency }: wire.Goal) => ({
  ...(page !== undefined && { page: page.toWellFormed() }),
  ...(currency !== undefined && { currency: currency.toWellFormed() }),
})

function commonFields(
  { timestamp, sentAt: sent, attributes }: wire.TrackingEvent,
  context: EvaluationContext,
  { now, compiled, origin }: RecordContext,
) {
  const targetingKey = context.targetingKey!
  if (targetingKey.length > targetingKeyLengthMax) return invalidField('context.targetingKey', 'is too long')
  const sentAt = sent === undefined ? undefined : timeOf(sent, now)
  if (sent !== undefined && sentAt === undefined) return invalidField('sentAt', 'is no time')
  const stated = timeOf(timestamp, sentAt ?? now)
  const at = stated === undefined ? undefined : eventTime(stated, now, sentAt)
  if (at === undefined)
    return invalidField('timestamp', 'is more than 31 days old, or more than 24 hours ahead', untimelyRule)
  return ok({
    v: 2 as const,
    ...origin,
    ...(sentAt !== undefined && { sentAt }),
    environmentId: compiled.environmentId,
    at,
    receivedAt: now,
    protocol: 'ofrep' as const,
    sdk: '',
    targetingKey: targetingKey.toWellFormed(),
    attributes: toRecordAttributes({ ...context.attributes, ...attributes }),
  })
}

type ExposedDecision = Pick<
  Exposure,
  'flagKey' | 'flagVersion' | 'variationId' | 'ruleId' | 'verified' | 'revision' | 'unitAttribute' | 'unit'
>

/**
 * Taken from the token, or else from the event's flag and variation, for which the flag is evaluated again.
 */
async function exposedDecision(
  { exposureToken, flagKey, variationId }: wire.Exposure,
  context: EvaluationContext,
  { compiled, secret, now, checkClaim }: RecordContext,
): Promise<Result<ExposedDecision>> {
  if (exposureToken !== undefined) {
    if (secret === undefined) return invalidField('exposureToken', 'tokens are not given out here')
    const holder = { environmentId: compiled.environmentId, targetingKey: context.targetingKey! }
    const claims = await verifyToken(secret, exposureToken, holder, now)
    if (!claims.ok) return claims
    const { expiresAt: _, ...decided } = claims.value
    const isCurrent = compiled.byKey.get(decided.flagKey)?.flag.version === decided.flagVersion
    return ok({ ...decided, verified: true, revision: isCurrent ? compiled.revision : 0 })
  }
  if (flagKey === undefined || variationId === undefined)
    return invalidField(
      flagKey === undefined ? 'flagKey' : 'variationId',
      'is missing, and there is no exposureToken',
    )
  const known = compiled.byKey.get(flagKey)
  if (!known?.isServed) return invalidField('flagKey', `there is no flag ${flagKey}`)
  const { flag } = known
  if (!hasVariation(flag, variationId))
    return invalidField('variationId', `there is no variation ${variationId}`)
  let ruleId = ''
  const finding = await checkClaim({ flag, variationId, ruleId }, context, (evaluation) => {
    // The event names no rule: what is decided now says which one it was.
    if (evaluation.variation?.id === variationId) ruleId = ruleIdOf(evaluation)
    return ''
  })
  const unit = exposedUnit(compiled, { flag, ruleId }, context)
  return ok({ flagKey, flagVersion: flag.version, variationId, ruleId, ...finding, ...unit })
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
