// From AB Tasty's activations, hits and messages to our records.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { type EventRecord, type Exposure, type SdkReport, recordVersion } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { ownerOf } from './campaign.ts'
import type { EventIds, IsNews } from './recent-events.ts'
import type * as wire from './wire.ts'

export interface Receipt {
  readonly compiled: CompiledSnapshot
  /** Epoch milliseconds. */
  readonly now: number
  readonly sdk: string
  readonly idOf: EventIds
  readonly isNews: IsNews
}

/**
 * Queue times are from the client: no event is older than the SDKs' own limit of four hours by more than a
 * day.
 */
const queueTimeMaxMs = 28 * 3_600_000

type Attributes = Readonly<Record<string, unknown>>
const none: Attributes = {}

/**
 * Undefined where no flag has this variation group: garbage, or a group of an older bucketing file whose rule
 * is gone, and with it any experiment that could count it. Nor is a test of the site an exposure.
 */
export function toExposure(
  { vid, caid, vaid, qt, qa }: wire.Activation,
  receipt: Receipt,
  attributes = none,
): Exposure | undefined {
  const owner = qa ? undefined : ownerOf(receipt.compiled, caid)
  if (!owner) return undefined
  return {
    ...fields(['activate', vid, owner.ruleId, vaid], vid, qt, attributes, receipt),
    kind: 'exposure',
    flagKey: owner.flag.key,
    flagVersion: owner.flag.version,
    variationId: vaid,
    ruleId: owner.ruleId,
  }
}

/** The exposure that a decision with `trigger_hit` is. */
export function exposureOf(
  { variationGroupId, variation }: wire.Campaign,
  visitorId: string,
  context: Attributes,
  receipt: Receipt,
): Exposure | undefined {
  return toExposure({ vid: visitorId, caid: variationGroupId, vaid: variation.id, qt: 0 }, receipt, context)
}

const keptAttributes = new WeakMap<Attributes, Record<string, string>>()

/** Made once for all campaigns that one request activates. */
function recordAttributes(attributes: Attributes): Record<string, string> {
  let kept = keptAttributes.get(attributes)
  if (!kept) {
    kept = toRecordAttributes(attributes)
    keptAttributes.set(attributes, kept)
  }
  return kept
}

interface Told {
  readonly visitorId: string
  readonly context: Attributes
}

/** What SDKs add to every context by themselves. */
const ofSdk: ReadonlySet<string> = new Set(['fs_client', 'fs_version', 'fs_users'])

/**
 * What a visitor is like, where that is news: a SEGMENT hit of the server's own. Undefined where the SDK's
 * attributes are all there is.
 */
export function contextRecord({ visitorId, context }: Told, receipt: Receipt): SdkReport | undefined {
  let isOwn = false
  for (const name in context) isOwn ||= !ofSdk.has(name)
  if (!isOwn || !receipt.isNews(JSON.stringify([visitorId, context]), receipt.now)) return undefined
  return segmentRecord(visitorId, context, 0, receipt)
}

export function segmentRecord(
  visitorId: string,
  context: Attributes,
  queueTime: number | null | undefined,
  receipt: Receipt,
): SdkReport {
  const identity = ['SEGMENT', visitorId, JSON.stringify(context)]
  return {
    ...fields(identity, visitorId, queueTime, context, receipt),
    kind: 'sdk-report',
    event: 'SEGMENT',
    value: 0,
  }
}

/**
 * Undefined for a hit that is no event: tests of the site, types that nobody knows, and fields that cannot be
 * read.
 */
export function toRecord(hit: wire.Hit, receipt: Receipt): EventRecord | undefined {
  if (hit.qa) return undefined
  const visitorId = hit.cuid || hit.vid
  if (hit.t === 'SEGMENT') {
    const { s } = hit
    return typeof s === 'object' && s !== null && !Array.isArray(s)
      ? segmentRecord(visitorId, s as Attributes, hit.qt, receipt)
      : undefined
  }
  const { qt, t: _, cid: __, ds: ___, ...said } = hit
  const { common, content } = identified([hit.t, JSON.stringify(said)], visitorId, qt, none, receipt)
  const consent = consentOf(hit)
  if (consent !== undefined) return { ...common, kind: 'sdk-report', event: 'fs_consent', value: consent }
  const named = nameAndValue(hit)
  return named && { ...common, kind: 'tracking', ...named, content }
}

/** 1 where the visitor agrees to be counted; undefined where the hit says nothing of that. */
function consentOf({ t, ea, el }: wire.Hit): 0 | 1 | undefined {
  if (t !== 'EVENT' || ea !== 'fs_consent') return undefined
  return typeof el === 'string' && el.endsWith(':true') ? 1 : 0
}

/** Troubleshooting and usage: the label says what it is about. */
export function toSdkReport({ t, vid, cv }: wire.SdkMessage, receipt: Receipt): SdkReport {
  const label = cv?.['label']
  const event = typeof label === 'string' && label !== '' ? `${t}:${label}`.slice(0, 1_000).toWellFormed() : t
  const attributes = cv ?? none
  const identity = [event, JSON.stringify(attributes)]
  return { ...fields(identity, vid ?? '', 0, attributes, receipt), kind: 'sdk-report', event, value: 0 }
}

function nameAndValue(hit: wire.Hit): { event: string; value: number } | undefined {
  switch (hit.t) {
    case 'EVENT':
      return named(hit['ea'], hit['ev'])
    case 'TRANSACTION':
      return named(hit['ta'], hit['tr'])
    case 'ITEM':
      return named(hit['ic'], hit['ip'])
    case 'PAGEVIEW':
    case 'SCREENVIEW':
      return named(hit['dl'], 0)
    default:
      return undefined
  }
}

/** Beyond this an amount is garbage, and its square would not fit into a sum. */
const amountMax = 1e15

function named(event: unknown, value: unknown): { event: string; value: number } | undefined {
  if (typeof event !== 'string' || event === '' || event.length > 1_000) return undefined
  if (typeof value !== 'number') return { event, value: 0 }
  return Math.abs(value) <= amountMax ? { event, value } : undefined
}

const fields = (...all: Parameters<typeof identified>) => identified(...all).common

/** What all records have, and the digest of what was said. */
function identified(
  identity: readonly string[],
  targetingKey: string,
  queueTime: number | null | undefined,
  attributes: Attributes,
  { compiled, now, sdk, idOf }: Receipt,
) {
  const at = now - Math.min(Math.max(0, queueTime ?? 0), queueTimeMaxMs)
  const { id, content } = idOf([compiled.environmentId, ...identity], at)
  const common = {
    v: recordVersion as typeof recordVersion,
    id,
    environmentId: compiled.environmentId,
    at: Math.round(at),
    receivedAt: now,
    protocol: 'flagship-io' as const,
    sdk,
    targetingKey,
    attributes: recordAttributes(attributes),
  }
  return { common, content }
}
