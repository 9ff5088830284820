// Turns AB Tasty's activations, hits, contexts and messages into records for the lake.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { eventAgeMaxMs } from '../../../analytics/event-time.ts'
import type { Alias, EventRecord, Exposure, SdkReport } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { exposedUnit } from '../../../core/evaluation/exposed-unit.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import type { EventOrigin } from '../../sdk/event-origin.ts'
import { type MaybePromise, chain } from '../../sdk/maybe-promise.ts'
import { type CheckClaim, type Finding, hasVariation } from '../../sdk/verify-exposure.ts'
import { type Owner, ownerOf, variationGroupId } from './campaign.ts'
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
  readonly origin: EventOrigin
  readonly checkClaim: CheckClaim
  /** Adds the attributes of the request. */
  readonly enrich: (context: EvaluationContext) => EvaluationContext
}

type Attributes = Readonly<Record<string, unknown>>
const noAttributes: Attributes = {}

/**
 * Undefined if no flag has this variation group or variation: it is garbage, or comes from an older bucketing
 * file and its rule has been deleted, along with any experiment on it. Also undefined for QA activations. An
 * activation has no context, so it is verified only if its group takes visitors without attributes.
 */
export function activationToRecord(
  activation: wire.Activation,
  recordContext: RecordContext,
): MaybePromise<Exposure | undefined> {
  const { vid, aid, caid, vaid, qa } = activation
  const owner = qa ? undefined : ownerOf(recordContext.compiled, caid)
  if (!owner || !hasVariation(owner.flag, vaid)) return undefined
  const context = recordContext.enrich({ targetingKey: vid, attributes: noAttributes })
  const claim = { flag: owner.flag, variationId: vaid, ruleId: owner.ruleId }
  const visitor = { anonymousId: aid ?? undefined }
  return chain(recordContext.checkClaim(claim, context, groupOf, visitor), (finding) =>
    exposure(activation, owner, finding, recordContext, noAttributes),
  )
}

/** The name of the cause by which `ownerOf` knows it. */
const groupOf = ({ flag, cause, variation }: Evaluation): string =>
  flag ? variationGroupId(flag, cause, variation?.id ?? '') : ''

/** The exposure by a decision with `trigger_hit`, which is decided here. */
export function decisionToRecord(
  { variationGroupId: caid, variation }: wire.Campaign,
  visitorId: string,
  context: Attributes,
  recordContext: RecordContext,
): Exposure | undefined {
  const { compiled, enrich } = recordContext
  const owner = ownerOf(compiled, caid)
  if (!owner) return undefined
  const unit = exposedUnit(compiled, owner, enrich({ targetingKey: visitorId, attributes: context }))
  const finding = { verified: true, revision: compiled.revision, ...unit }
  const activation = { vid: visitorId, vaid: variation.id, qt: 0 }
  return exposure(activation, owner, finding, recordContext, context)
}

function exposure(
  { vid, vaid, qt }: Pick<wire.Activation, 'vid' | 'vaid' | 'qt'>,
  { flag, ruleId }: Owner,
  finding: Finding,
  recordContext: RecordContext,
  attributes: Attributes,
): Exposure {
  return {
    ...commonFields(['activate', vid, ruleId, vaid], vid, qt, attributes, recordContext),
    kind: 'exposure',
    flagKey: flag.key,
    flagVersion: flag.version,
    variationId: vaid,
    ruleId,
    ...finding,
  }
}

/**
 * Undefined if there is no anonymous id beside the visitor's. The time is that of the hit that names both.
 * The same on one day, so copies count once.
 */
export function aliasToRecord(
  visitorId: string,
  anonymousId: string | null | undefined,
  queueTime: number | null | undefined,
  recordContext: RecordContext,
): Alias | undefined {
  if (!anonymousId || visitorId === '' || anonymousId === visitorId) return undefined
  const { environmentId } = recordContext.compiled
  const common = commonFields(['alias'], visitorId, queueTime, noAttributes, recordContext)
  const day = Math.floor(common.at / dayMs)
  const id = murmur3x64Hex(JSON.stringify(['alias', environmentId, anonymousId, visitorId, day]))
  return { ...common, id, kind: 'alias', previousKey: anonymousId }
}
const dayMs = 86_400_000

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
  const content = { ...hit, qt: undefined, cid: undefined, ds: undefined }
  // An environment's id has no line feed, and JSON none either.
  const scope = `${recordContext.compiled.environmentId}\n`
  const text = JSON.stringify(content)
  const identified = identifiedFields(scope, visitorId, hit.qt, noAttributes, recordContext, text)
  const consent = consentOf(hit)
  if (consent !== undefined)
    return { ...identified.common, kind: 'sdk-report', event: 'fs_consent', value: consent }
  const tracking = trackingEventOf(hit)
  if (!tracking) return undefined
  const { type, event, value, ...others } = tracking
  const { content: digest } = identified
  return { ...identified.common, kind: 'tracking', type, event, value, ...others, content: digest }
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

function commonFields(
  identity: readonly string[],
  targetingKey: string,
  queueTime: number | null | undefined,
  attributes: Attributes,
  recordContext: RecordContext,
) {
  const content = JSON.stringify([recordContext.compiled.environmentId, ...identity])
  return identifiedFields(content, targetingKey, queueTime, attributes, recordContext).common
}

/** The fields of every record, and the hash of the event's content, which `identity` and `more` are. */
function identifiedFields(
  identity: string,
  targetingKey: string,
  queueTime: number | null | undefined,
  attributes: Attributes,
  { compiled, now, sdk, identify, origin }: RecordContext,
  more = '',
) {
  const at = now - Math.max(0, queueTime ?? 0)
  const { id, content } = identify(identity, at, more)
  const common = {
    v: 2 as const,
    keyKind: origin.keyKind,
    source: origin.source,
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
