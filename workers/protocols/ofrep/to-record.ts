// From the wire's events to records of the lake. What a client says of a decision counts only where a token
// proves it, or where the same is decided now.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { type EventRecord, type Exposure, type Tracking, recordVersion } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { readToken } from './exposure-token.ts'
import type * as wire from './wire.ts'

export interface Receipt {
  readonly compiled: CompiledSnapshot
  /** Undefined where exposure tokens are not given out. */
  readonly secret: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** As the evaluation routes do. */
  readonly decide: (flagKey: string, context: EvaluationContext) => Promise<Evaluation>
  /** Adds what is known of the request. */
  readonly enrich: (context: EvaluationContext) => EvaluationContext
}

const hourMs = 3_600_000
/** A client that was offline for longer than this has lost its events. */
const ageMaxMs = 28 * hourMs
/** Clocks that run ahead. */
const aheadMaxMs = hourMs

/** Of the lake's contract. */
const targetingKeyLengthMax = 1_000

export async function toRecord(
  event: wire.TrackingEvent,
  context: EvaluationContext,
  receipt: Receipt,
): Promise<Result<EventRecord>> {
  const { now, compiled } = receipt
  const targetingKey = context.targetingKey!
  if (targetingKey.length > targetingKeyLengthMax) return flaw('context.targetingKey', 'is too long')
  const at = timeOf(event.timestamp, now)
  if (at === undefined || at < now - ageMaxMs || at > now + aheadMaxMs)
    return flaw('timestamp', 'is more than 28 hours old, or more than an hour ahead')
  const common = {
    v: recordVersion as typeof recordVersion,
    environmentId: compiled.environmentId,
    at,
    receivedAt: now,
    protocol: 'ofrep' as const,
    sdk: '',
    targetingKey: targetingKey.toWellFormed(),
    attributes: toRecordAttributes({ ...context.attributes, ...event.attributes }),
  }
  const id = (...identity: readonly (string | number)[]) =>
    murmur3x64Hex(JSON.stringify([compiled.environmentId, targetingKey, event.kind, ...identity]))
  if (event.kind === 'goal') {
    const { name, value = 0 } = event
    // Without an id each request is an event of its own.
    const named = event.id === undefined ? [name, value, at, now] : ['id', event.id]
    return ok({
      ...common,
      id: id(...named),
      kind: 'tracking',
      event: name.toWellFormed(),
      value,
    } satisfies Tracking)
  }
  const shown = await shownOf(event, context, receipt)
  if (!shown.ok) return shown
  const { flagKey, flagVersion, variationId, ruleId } = shown.value
  // A decision that is shown again is the same exposure.
  const named =
    event.exposureToken !== undefined
      ? ['token', event.exposureToken]
      : event.id === undefined
        ? [flagKey, flagVersion, variationId, ruleId, at]
        : ['id', event.id]
  return ok({
    ...common,
    id: id(...named),
    kind: 'exposure',
    flagKey,
    flagVersion,
    variationId,
    ruleId,
  } satisfies Exposure)
}

type Shown = Pick<Exposure, 'flagKey' | 'flagVersion' | 'variationId' | 'ruleId'>

/** Which decision was shown: the token says it, or the client does, and then it is decided again. */
async function shownOf(
  { exposureToken, flagKey, variationId }: wire.Exposure,
  context: EvaluationContext,
  { compiled, secret, now, decide }: Receipt,
): Promise<Result<Shown>> {
  if (exposureToken !== undefined) {
    if (secret === undefined) return flaw('exposureToken', 'tokens are not given out here')
    const { environmentId } = compiled
    return readToken(secret, exposureToken, { environmentId, targetingKey: context.targetingKey! }, now)
  }
  if (flagKey === undefined || variationId === undefined)
    return flaw(
      flagKey === undefined ? 'flagKey' : 'variationId',
      'is missing, and there is no exposureToken',
    )
  const { flag, variation, cause } = await decide(flagKey, context)
  if (!flag) return flaw('flagKey', `there is no flag ${flagKey}`)
  if (!flag.variations.some(({ id }) => id === variationId))
    return flaw('variationId', `there is no variation ${variationId}`)
  const isDecided = variation?.id === variationId && 'ruleId' in cause
  return ok({ flagKey, flagVersion: flag.version, variationId, ruleId: isDecided ? cause.ruleId : '' })
}

const flaw = (path: string, message: string) =>
  refuse('INVALID', `${path}: ${message}`, { fields: [{ path, message }] })

/** Whole milliseconds; undefined where it is no time. */
function timeOf(timestamp: string | number | undefined, now: number): number | undefined {
  if (timestamp === undefined) return now
  const at = Math.round(typeof timestamp === 'number' ? timestamp : Date.parse(timestamp))
  return Number.isSafeInteger(at) ? at : undefined
}
