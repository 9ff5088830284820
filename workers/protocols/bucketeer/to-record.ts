// What SDKs report, as records. Each event is judged alone: its neighbours are kept.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { type EventRecord, recordVersion } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { parse } from './respond.ts'
import { ruleIdHere } from './local-mode.ts'
import * as wire from './wire.ts'

export interface Receipt {
  readonly compiled: CompiledSnapshot
  /** Epoch milliseconds. */
  readonly now: number
  readonly sdk: string
}

/** SourceId and version, as records name an SDK. */
export const sdkName = (sourceId: number, version: string) =>
  `bucketeer-${sourceId}/${version}`.slice(0, 200).toWellFormed()

// Bucketeer: events older than 31 days or more than an hour ahead are refused.
const ageMaxMs = 744 * 3_600_000
const aheadMaxMs = 3_600_000
const idLengthMax = 200
const prefix = 'type.googleapis.com/bucketeer.event.client.'

export function toRecord(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  if (id.length > idLengthMax) return refuse('INVALID', `the id is longer than ${idLengthMax} characters`)
  switch (typeOf(event)) {
    case `${prefix}EvaluationEvent`:
      return fromEvaluationEvent(id, event, receipt)
    case `${prefix}GoalEvent`:
      return fromGoalEvent(id, event, receipt)
    case `${prefix}MetricsEvent`:
      return fromMetricsEvent(id, event, receipt)
    default:
      return refuse('INVALID', 'unknown event type')
  }
}

const typeOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && '@type' in event ? event['@type'] : undefined

const { CLIENT, DEFAULT, RULE } = wire.reasons
/** Given by SDKs, not by us, where they used the default in the code. */
const isOwnReason = (type: number) => type === CLIENT || type >= wire.reasons.ERROR_NO_EVALUATIONS

function fromEvaluationEvent(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  const parsed = parse(wire.EvaluationEvent, event)
  if (!parsed.ok) return parsed
  const { featureId, featureVersion, variationId, reason, timestamp } = parsed.value
  const common = commonFields(id, timestamp, parsed.value, receipt)
  if (!common.ok) return common
  // Nobody was exposed to anything.
  if (isOwnReason(reason.type)) {
    const used = `default-used:${nameIn(wire.reasons, reason.type)}`
    return ok({ ...common.value, kind: 'sdk-report', event: used, value: 1 })
  }
  if (variationId === '') return refuse('INVALID', 'variation id is required')
  const flag = receipt.compiled.byKey.get(featureId)?.flag
  return ok({
    ...common.value,
    kind: 'exposure',
    flagKey: featureId,
    flagVersion: featureVersion,
    variationId,
    ruleId:
      reason.type === DEFAULT
        ? (flag?.defaultStrategy.id ?? '')
        : reason.type === RULE
          ? ruleIdHere(flag, reason.ruleId)
          : '',
  })
}

function fromGoalEvent(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  const parsed = parse(wire.GoalEvent, event)
  if (!parsed.ok) return parsed
  const common = commonFields(id, parsed.value.timestamp, parsed.value, receipt)
  if (!common.ok) return common
  // The wire's clock ticks in seconds: taken as late as it can have been, so that a goal does not seem to
  // come before the exposure, which is taken as early as it can have been.
  const at = Math.min(common.value.at + 999, Math.max(common.value.at, receipt.now))
  return ok({ ...common.value, at, kind: 'tracking', event: parsed.value.goalId, value: parsed.value.value })
}

/**
 * Latency in seconds, size in bytes (0 is taken as it comes), or that something went wrong; and of which of
 * its calls the SDK says so.
 */
function fromMetricsEvent(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  const parsed = parse(wire.MetricsEvent, event)
  if (!parsed.ok) return parsed
  const inner = parsed.value.event
  const metrics = parse(wire.Metrics, inner)
  if (!metrics.ok) return metrics
  const { apiId, latencySecond, sizeByte } = metrics.value
  const type = inner['@type']
  const name = typeof type === 'string' ? type.replace(prefix, '').slice(0, 100).toWellFormed() : 'unknown'
  return ok({
    ...fields(id, receipt.now, { userId: '' }, receipt),
    kind: 'sdk-report',
    event: apiId === 0 ? name : `${name}/${nameIn(wire.apis, apiId)}`,
    value: [latencySecond, sizeByte].find((each) => Number.isFinite(each)) ?? 1,
  })
}

const nameIn = (numbers: Readonly<Record<string, number>>, number: number) =>
  Object.keys(numbers).find((name) => numbers[name] === number) ?? String(number)

/** `GET /track`: a goal without an SDK. Its id is made of what it says, so that asking twice counts once. */
export function fromTrack(query: URLSearchParams, receipt: Receipt): Result<EventRecord> {
  const get = (name: string) => query.get(name) ?? undefined
  const goal = {
    goalId: get('goalid'),
    userId: get('userid'),
    tag: get('tag'),
    timestamp: get('timestamp') ?? Math.floor(receipt.now / 1_000),
    value: get('value'),
  }
  const id = `track-${murmur3x64Hex(JSON.stringify([receipt.compiled.environmentId, goal]))}`
  return fromGoalEvent(id, goal, receipt)
}

interface Who {
  readonly userId: string
  readonly user?: { readonly data?: Record<string, string> | undefined } | undefined
}

function commonFields(id: string, timestamp: number, who: Who, receipt: Receipt) {
  const at = timestamp * 1_000
  const isInWindow = at >= receipt.now - ageMaxMs && at <= receipt.now + aheadMaxMs
  return isInWindow
    ? ok(fields(id, Math.round(at), who, receipt))
    : refuse('INVALID', 'the timestamp is out of range')
}

const fields = (id: string, at: number, who: Who, { compiled, now, sdk }: Receipt) => ({
  v: recordVersion as typeof recordVersion,
  id,
  environmentId: compiled.environmentId,
  at,
  receivedAt: now,
  protocol: 'bucketeer' as const,
  sdk,
  targetingKey: who.userId.slice(0, 1_000).toWellFormed(),
  attributes: toRecordAttributes(who.user?.data ?? {}),
})
