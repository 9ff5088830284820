// Between Bucketeer's shapes and ours.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { type EventRecord, recordVersion } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import type { EvaluationContext } from '../../../core/context.ts'
import type { Cause, Evaluation } from '../../../core/evaluation.ts'
import { type Result, ok, refuse } from '../../../core/problem.ts'
import { fnv1a64 } from '../../../core/hash/fnv1a-64.ts'
import * as wire from './wire.ts'

export const toContext = (user: wire.User): EvaluationContext => ({
  targetingKey: user.id,
  attributes: user.data ?? {},
})

/** Undefined where the SDK is to use its default: Bucketeer leaves such flags out. */
export function fromEvaluation(
  { flag, variation, cause }: Evaluation,
  userId: string,
): wire.Evaluation | undefined {
  if (!flag || !variation) return undefined
  const { id, name } = variation
  const value = variation.json ?? variation.value // of a yaml flag, SDKs of other languages read its JSON
  return {
    id: `${flag.key}:${flag.version}:${userId}`,
    featureId: flag.key,
    featureVersion: flag.version,
    userId,
    variationId: id,
    variation: { id, value, name, description: '' },
    reason: { type: reasonTypes[cause.kind], ruleId: cause.kind === 'rule' ? cause.ruleId : '' },
    variationValue: value,
    variationName: name,
  }
}

const reasonTypes = {
  off: 'OFF_VARIATION',
  prerequisite: 'PREREQUISITE',
  target: 'TARGET',
  rule: 'RULE',
  default: 'DEFAULT',
  error: 'DEFAULT', // never sent: an error has no variation
} as const satisfies Record<Cause['kind'], wire.ReasonType>

/**
 * Bucketeer's UserEvaluationsID: FNV-1a 64 over user, attributes and the flags' stamps. Opaque to SDKs; ours also covers the tag and
 * the segments, whose edits Bucketeer's own id misses.
 */
export function userEvaluationsId(
  context: EvaluationContext,
  compiled: CompiledSnapshot,
  tag: string,
): string {
  const { flags, segments } = compiled.snapshot
  const attributes = Object.entries(context.attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const stamps = [...flags, ...segments].map(({ key, version }) => `${key}:${version}`)
  return fnv1a64(
    [
      context.targetingKey,
      ...attributes.map(([key, value]) => `${key}:${String(value)}`),
      ...stamps,
      `tag:${tag}`,
    ].join(''),
  )
}

export interface Receipt {
  readonly compiled: CompiledSnapshot
  /** Epoch milliseconds. */
  readonly now: number
  readonly sdk: string
}

// Bucketeer: events older than 31 days or more than an hour ahead are refused.
const ageMaxMs = 744 * 3_600_000
const aheadMaxMs = 3_600_000
const idLengthMax = 200
const prefix = 'type.googleapis.com/bucketeer.event.client.'

/** One event. Refused alone: its neighbours are kept. */
export function toRecord(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  if (id.length > idLengthMax) return refuse('INVALID', `the id is longer than ${idLengthMax} characters`)
  const type = typeof event === 'object' && event !== null && '@type' in event ? event['@type'] : undefined
  switch (type) {
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

function fromEvaluationEvent(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  const parsed = wire.EvaluationEvent.safeParse(event)
  if (!parsed.success) return refuse('INVALID', 'not a valid evaluation event')
  const { featureId, featureVersion, variationId, reason, timestamp } = parsed.data
  const common = commonFields(id, timestamp, parsed.data, receipt)
  if (!common.ok) return common
  // Without a variation the caller's own default was used: nobody was exposed to anything.
  if (variationId === '')
    return ok({ ...common.value, kind: 'sdk-report', event: `default-used:${reason.type}`, value: 1 })
  const ruleId = reason.ruleId || (receipt.compiled.byKey.get(featureId)?.flag.defaultStrategy.id ?? '')
  const isDefault = reason.type === 'DEFAULT' || reason.type === 3
  const isRule = reason.type === 'RULE' || reason.type === 1
  return ok({
    ...common.value,
    kind: 'exposure',
    flagKey: featureId,
    flagVersion: featureVersion,
    variationId,
    ruleId: isDefault || isRule ? ruleId : '',
  })
}

function fromGoalEvent(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  const parsed = wire.GoalEvent.safeParse(event)
  if (!parsed.success) return refuse('INVALID', 'not a valid goal event')
  const common = commonFields(id, parsed.data.timestamp, parsed.data, receipt)
  if (!common.ok) return common
  // The wire's clock ticks in seconds: taken as late as it can have been, so that a goal does not seem to come before the exposure,
  // which is taken as early as it can have been.
  const at = Math.min(common.value.at + 999, Math.max(common.value.at, receipt.now))
  return ok({ ...common.value, at, kind: 'tracking', event: parsed.data.goalId, value: parsed.data.value })
}

/** Latency, size and errors of the SDK's own calls; a latency or size of 0 is tolerated. */
function fromMetricsEvent(id: string, event: unknown, receipt: Receipt): Result<EventRecord> {
  const parsed = wire.MetricsEvent.safeParse(event)
  if (!parsed.success) return refuse('INVALID', 'not a valid metrics event')
  const inner = parsed.data.event
  const name = typeof inner['@type'] === 'string' ? inner['@type'].replace(prefix, '') : 'unknown'
  const value = [inner['latencySecond'], inner['sizeByte'], 1].find((each) => Number.isFinite(each)) as number
  const at = receipt.now
  return ok({
    ...fields(id, at, { userId: '' }, receipt),
    kind: 'sdk-report',
    event: name.slice(0, 100).toWellFormed(),
    value,
  })
}

interface Who {
  readonly userId: string
  readonly user?: { data?: Record<string, string> | null | undefined } | null | undefined
}

function commonFields(id: string, timestamp: string | number, who: Who, receipt: Receipt) {
  const at = Number(timestamp) * 1_000
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
