// Turns AB Tasty's activations, hits, contexts and messages into records for the lake.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { eventAgeMaxMs } from '../../../analytics/event-time.ts'
import type { EventRecord, RecordOfVersion1 } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { ownerOf } from './campaign.ts'
import { consentOf, trackingEventOf } from './hit-event.ts'
import type { IdentifyEvent, IsNewToday } from './recent-events.ts'
import type * as wire from './wire.ts'

/** Queue times come from the client. SDKs drop hits after four hours. */
export const isTooLate = (queueTime: unknown): boolean =>
  typeof queueTime === 'number' && queueTime > eventAgeMaxMs

/** What the records of one request have in common. */
export interface RecordContext {
  readonly compiled: CompiledSnapshot
  /** Epoch milliseconds. */
  readonly now: number
  readonly sdk: string
  readonly identify: IdentifyEvent
  readonly isNewToday: IsNewToday
}

type Exposure = Extract<RecordOfVersion1, { kind: 'exposure' }>
type SdkReport = Extract<RecordOfVersion1, { kind: 'sdk-report' }>
type Attributes = Readonly<Record<string, unknown>>
const noAttributes: Attributes = {}

/**
 * Undefined if no flag has this variation group: it is garbage, or comes from an older bucketing file and its
 * rule has been deleted, along with any experiment on it. Also undefined for QA activations.
 */
export function activationToRecord(
  { vid, caid, vaid, qt, qa }: wire.Activation,
  recordContext: RecordContext,
  attributes = noAttributes,
): Exposure | undefined {
  const owner = qa ? undefined : ownerOf(recordContext.compiled, caid)
  if (!owner) return undefined
  return {
    ...commonFields(['activate', vid, owner.ruleId, vaid], vid, qt, attributes, recordContext),
    kind: 'exposure',
    flagKey: owner.flag.key,
    flagVersion: owner.flag.version,
    variationId: vaid,
    ruleId: owner.ruleId,
  }
}

/** The exposure by a decision with `trigger_hit`. */
export function decisionToRecord(
  { variationGroupId, variation }: wire.Campaign,
  visitorId: string,
  context: Attributes,
  recordContext: RecordContext,
): Exposure | undefined {
  const activation = { vid: visitorId, caid: variationGroupId, vaid: variation.id, qt: 0 }
  return activationToRecord(activation, recordContext, context)
}

/** Attributes that SDKs add to every context. */
const sdkAttributes: ReadonlySet<string> = new Set(['fs_client', 'fs_version', 'fs_users'])

/**
 * The visitor's context as a SEGMENT hit, once a day. Undefined if it was recorded today, or has the SDK's
 * own attributes only.
 */
export function contextToRecord(
  visitorId: string,
  context: Attributes,
  recordContext: RecordContext,
): SdkReport | undefined {
  let hasOwn = false
  for (const name in context) hasOwn ||= !sdkAttributes.has(name)
  if (!hasOwn || !recordContext.isNewToday(JSON.stringify([visitorId, context]), recordContext.now))
    return undefined
  return segmentToRecord(visitorId, context, 0, recordContext)
}

export function segmentToRecord(
  visitorId: string,
  context: Attributes,
  queueTime: number | null | undefined,
  recordContext: RecordContext,
): SdkReport {
  const identity = ['SEGMENT', visitorId, JSON.stringify(context)]
  return {
    ...commonFields(identity, visitorId, queueTime, context, recordContext),
    kind: 'sdk-report',
    event: 'SEGMENT',
    value: 0,
  }
}

/** Undefined for QA hits, for unknown types, and for hits whose fields are invalid. */
export function hitToRecord(hit: wire.Hit, recordContext: RecordContext): EventRecord | undefined {
  if (hit.qa) return undefined
  const visitorId = hit.cuid || hit.vid
  if (hit.t === 'SEGMENT') {
    const { s } = hit
    return typeof s === 'object' && s !== null && !Array.isArray(s)
      ? segmentToRecord(visitorId, s as Attributes, hit.qt, recordContext)
      : undefined
  }
  const { qt, t: _, cid: __, ds: ___, ...content } = hit
  const identity = [hit.t, JSON.stringify(content)]
  const identified = identifiedFields(identity, visitorId, qt, noAttributes, recordContext)
  const consent = consentOf(hit)
  if (consent !== undefined)
    return { ...identified.common, kind: 'sdk-report', event: 'fs_consent', value: consent }
  const tracking = trackingEventOf(hit)
  return tracking && { ...identified.common, kind: 'tracking', ...tracking, content: identified.content }
}

/** Troubleshooting and usage messages. Their label becomes part of the event's name. */
export function messageToRecord({ t, vid, cv }: wire.SdkMessage, recordContext: RecordContext): SdkReport {
  const label = cv?.['label']
  const event = typeof label === 'string' && label !== '' ? `${t}:${label}`.slice(0, 1_000).toWellFormed() : t
  const attributes = cv ?? noAttributes
  const identity = [event, JSON.stringify(attributes)]
  return {
    ...commonFields(identity, vid ?? '', 0, attributes, recordContext),
    kind: 'sdk-report',
    event,
    value: 0,
  }
}

const commonFields = (...all: Parameters<typeof identifiedFields>) => identifiedFields(...all).common

/** The fields of every record, and the hash of the event's content. */
function identifiedFields(
  identity: readonly string[],
  targetingKey: string,
  queueTime: number | null | undefined,
  attributes: Attributes,
  { compiled, now, sdk, identify }: RecordContext,
) {
  const at = now - Math.max(0, queueTime ?? 0)
  const { id, content } = identify([compiled.environmentId, ...identity], at)
  const common = {
    v: 1 as const,
    id,
    environmentId: compiled.environmentId,
    at: Math.round(at),
    receivedAt: now,
    protocol: 'flagship-io' as const,
    sdk,
    targetingKey,
    attributes: cachedRecordAttributes(attributes),
  }
  return { common, content }
}

const recordAttributes = new WeakMap<Attributes, Record<string, string>>()

/** Converted once for all campaigns that one request activates. */
function cachedRecordAttributes(attributes: Attributes): Record<string, string> {
  let cached = recordAttributes.get(attributes)
  if (!cached) {
    cached = toRecordAttributes(attributes)
    recordAttributes.set(attributes, cached)
  }
  return cached
}
