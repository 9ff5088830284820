// Between AB Tasty's decisions, activations and hits, and ours.
import { toRecordAttributes } from '../../../analytics/attributes.ts'
import { type EventRecord, type Exposure, recordVersion } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import type { Evaluation } from '../../../core/evaluation.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import { campaignType, modifications, ownerOf, variationGroupId, variationGroupName } from './campaign.ts'
import type * as wire from './wire.ts'

/** Undefined where the visitor is to use the default: AB Tasty leaves such campaigns out. */
export function fromEvaluation(
  { flag, variation, cause }: Evaluation,
  keys: 'own' | 'all',
): wire.Campaign | undefined {
  if (!flag || !variation) return undefined
  return {
    id: flag.key,
    name: flag.name,
    slug: null,
    type: campaignType(flag),
    variationGroupId: variationGroupId(flag, cause, variation.id),
    variationGroupName: variationGroupName(flag, cause),
    variation: {
      id: variation.id,
      name: variation.name,
      modifications: modifications(flag, variation, keys),
      reference: false,
    },
  }
}

export interface Receipt {
  readonly compiled: CompiledSnapshot
  /** Epoch milliseconds. */
  readonly now: number
  readonly sdk: string
}

/**
 * The wire has no event ids and SDKs send again what was not answered, with the same event time (receipt minus queue time): equal
 * content within this window is one event. Two equal hits of one visitor inside it count as one.
 */
const sameEventMs = 10_000

/** Queue times are from the client: no event is older than the SDKs' own limit of four hours by more than a day. */
const queueTimeMaxMs = 28 * 3_600_000

/**
 * Undefined where no flag has this variation group: garbage, or a group of an older bucketing file whose rule is gone, and with it any
 * experiment that could count it.
 */
export function toExposure({ vid, caid, vaid, qt }: wire.Activation, receipt: Receipt): Exposure | undefined {
  const flag = ownerOf(receipt.compiled, caid)
  if (!flag) return undefined
  return {
    ...fields(['activate', vid, caid, vaid], vid, qt, {}, receipt),
    kind: 'exposure',
    flagKey: flag.key,
    flagVersion: flag.version,
    variationId: vaid,
    ruleId: caid,
  }
}

/** The exposure that a decision with `trigger_hit` is. */
export function exposureOf(
  campaign: wire.Campaign,
  visitorId: string,
  receipt: Receipt,
): Exposure | undefined {
  return toExposure(
    { vid: visitorId, caid: campaign.variationGroupId, vaid: campaign.variation.id, qt: 0 },
    receipt,
  )
}

/** Undefined for a hit that is no event of ours: quality-assurance hits, context and consent messages. */
export function toRecord(hit: wire.Hit, receipt: Receipt): EventRecord | undefined {
  if (hit.qa) return undefined
  const named = nameAndValue(hit)
  if (!named) return undefined
  const { qt, t: _, cid: __, ds: ___, ...content } = hit
  const identity = [hit.t, JSON.stringify(content)]
  return { ...fields(identity, hit.cuid ?? hit.vid, qt, {}, receipt), kind: 'tracking', ...named }
}

function nameAndValue(hit: wire.Hit): { event: string; value: number } | undefined {
  switch (hit.t) {
    case 'EVENT':
      return hit['ea'] === 'fs_consent' ? undefined : named(hit['ea'], hit['ev'])
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

function fields(
  identity: readonly string[],
  targetingKey: string,
  queueTime: number | null | undefined,
  attributes: Record<string, unknown>,
  { compiled, now, sdk }: Receipt,
) {
  const at = now - Math.min(Math.max(0, queueTime ?? 0), queueTimeMaxMs)
  const content = JSON.stringify([compiled.environmentId, ...identity, Math.round(at / sameEventMs)])
  return {
    v: recordVersion as typeof recordVersion,
    id: murmur3x64Hex(content),
    environmentId: compiled.environmentId,
    at: Math.round(at),
    receivedAt: now,
    protocol: 'flagship-io' as const,
    sdk,
    targetingKey,
    attributes: toRecordAttributes(attributes),
  }
}
