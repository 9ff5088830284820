// The wire formats of AB Tasty's Decision API, bucketing file and hits.
import * as z from 'zod/mini'
import { urlLengthMax } from '../../../core/model/limits.ts'

const textLengthMax = 1_000
const text = z.string().check(z.maxLength(textLengthMax))
const isText = (value: unknown) => typeof value === 'string' && value.length <= textLengthMax
const url = z.string().check(z.maxLength(urlLengthMax))
const attributes = z.record(z.string(), z.unknown())

/**
 * protojson accepts both spellings, and the JavaScript SDK mixes them. Unknown fields are refused, as by the
 * vendor's server.
 */
const DecisionFields = z.strictObject({
  visitor_id: z.nullish(text),
  visitorId: z.nullish(text),
  anonymous_id: z.nullish(text),
  anonymousId: z.nullish(text),
  context: z.nullish(attributes),
  visitor_consent: z.nullish(z.boolean()),
  visitorConsent: z.nullish(z.boolean()),
  trigger_hit: z.nullish(z.boolean()),
  triggerHit: z.nullish(z.boolean()),
  activate: z.nullish(z.boolean()),
  decision_group: z.nullish(text),
  decisionGroup: z.nullish(text),
  format_response: z.nullish(z.boolean()),
  formatResponse: z.nullish(z.boolean()),
  default_redirect_url: z.nullish(url),
  defaultRedirectUrl: z.nullish(url),
  /** Accepted and ignored, as by the vendor's server. */
  client_id: z.nullish(text),
  clientId: z.nullish(text),
  campaign_id: z.nullish(text),
  campaignId: z.nullish(text),
  custom_visitor_id: z.nullish(text),
  customVisitorId: z.nullish(text),
})

export const DecisionRequest = z.pipe(
  DecisionFields,
  z.transform((body) => ({
    visitorId: body.visitor_id ?? body.visitorId ?? '',
    anonymousId: body.anonymous_id ?? body.anonymousId ?? undefined,
    group: (body.decision_group ?? body.decisionGroup) || undefined,
    context: body.context ?? {},
    isFormatted: body.format_response ?? body.formatResponse ?? false,
    defaultRedirectUrl: body.default_redirect_url ?? body.defaultRedirectUrl ?? undefined,
    hasConsent: body.visitor_consent ?? body.visitorConsent ?? true,
    /** True by default; false if either field is false. */
    isActivating: (body.trigger_hit ?? body.triggerHit ?? true) && (body.activate ?? true),
  })),
)
export type DecisionRequest = z.infer<typeof DecisionRequest>

/** How older SDKs report a visitor's context. */
export const ContextRequest = z.pipe(
  z.object({
    visitorId: z.optional(text),
    visitor_id: z.optional(text),
    type: z.literal('CONTEXT'),
    data: z.nullish(attributes),
  }),
  z.transform(({ visitorId, visitor_id, data }) => ({
    visitorId: visitorId ?? visitor_id ?? '',
    context: data ?? {},
  })),
)

const mandatory = text.check(z.minLength(1))
const activation = {
  vid: mandatory,
  caid: mandatory,
  vaid: mandatory,
  aid: z.nullish(text),
  qt: z.nullish(z.number()),
  /** Set by testers of the site. */
  qa: z.nullish(z.boolean()),
}
export const Activation = z.object(activation)
export type Activation = z.infer<typeof Activation>

/**
 * Activations or hits of a request. The SDK sends a batch when it has 100 (`poolMaxSize`), or every few
 * seconds.
 */
const itemsMax = 5_000

/**
 * The SDK always sends a batch. The fields of a single activation are checked by the route, which names the
 * missing ones as the vendor does.
 */
export const ActivateRequest = z.looseObject({
  cid: mandatory,
  batch: z.optional(z.array(z.unknown()).check(z.maxLength(itemsMax))),
})
export const mandatoryFields = ['vid', 'caid', 'vaid'] as const

/** A batch has `cid` and the queue time on its envelope, a single hit on itself. */
export const HitsRequest = z.pipe(
  z.looseObject({ cid: mandatory, t: z.string(), h: z.optional(z.unknown()) }).check(
    z.refine(({ t, h }) => t !== 'BATCH' || (Array.isArray(h) && h.length <= itemsMax), {
      path: ['h'],
      message: `has to be a list of at most ${itemsMax} hits`,
    }),
  ),
  z.transform((hit) => ({ cid: hit.cid, h: hit.t === 'BATCH' ? (hit.h as unknown[]) : [hit] })),
)

export interface Hit {
  readonly t: string
  readonly vid: string
  /** With an anonymous id, `vid` is that id and `cuid` the visitor's. */
  readonly cuid?: string | null
  readonly qt?: number | null
  readonly qa?: boolean | null
  readonly [field: string]: unknown
}

/**
 * Undefined for what is no hit: nobody is told why. Without a schema, which is slow: a batch may have
 * thousands of hits.
 */
export function parseHit(hit: unknown): Hit | undefined {
  if (typeof hit !== 'object' || hit === null || Array.isArray(hit)) return undefined
  const { t, vid, cuid, qt, qa } = hit as Readonly<Record<string, unknown>>
  const isValid =
    isText(t) &&
    isText(vid) &&
    vid !== '' &&
    (cuid === undefined || cuid === null || isText(cuid)) &&
    (qt === undefined || qt === null || Number.isFinite(qt)) &&
    (qa === undefined || qa === null || typeof qa === 'boolean')
  return isValid ? (hit as Hit) : undefined
}

/** A message of an SDK about itself: troubleshooting or usage. */
export const SdkMessage = z.object({
  cid: mandatory,
  t: text,
  vid: z.nullish(text),
  cv: z.nullish(attributes),
})

export type SdkMessage = z.infer<typeof SdkMessage>

export type Json = unknown

export interface Modifications {
  readonly type: 'FLAG' | 'JSON' | 'TEXT' | 'HTML' | 'IMAGE' | 'REDIRECT'
  readonly value: Readonly<Record<string, Json>>
}

export interface Campaign {
  readonly id: string
  readonly name: string
  readonly slug: string | null
  readonly type: 'ab' | 'toggle'
  readonly variationGroupId: string
  readonly variationGroupName: string
  readonly variation: {
    readonly id: string
    readonly name: string
    readonly modifications: Modifications
    readonly reference: boolean
  }
}

export type TargetingOperator =
  | 'EQUALS'
  | 'NOT_EQUALS'
  | 'CONTAINS'
  | 'NOT_CONTAINS'
  | 'STARTS_WITH'
  | 'ENDS_WITH'
  | 'GREATER_THAN'
  | 'GREATER_THAN_OR_EQUALS'
  | 'LOWER_THAN'
  | 'LOWER_THAN_OR_EQUALS'
  | 'EXISTS'
  | 'NOT_EXISTS'

export interface Targeting {
  readonly operator: TargetingOperator
  readonly key: string
  readonly value: string | number | boolean | readonly (string | number | boolean)[]
}

export interface VariationGroup {
  readonly id: string
  readonly name: string
  readonly targeting: { readonly targetingGroups: readonly { readonly targetings: readonly Targeting[] }[] }
  readonly variations: readonly {
    readonly id: string
    readonly name: string
    /** Whole percent: the vendor's server rejects fractions. */
    readonly allocation: number
    readonly reference: boolean
    readonly modifications: Modifications
  }[]
}

export interface AccountSettings {
  /** Whether assignments follow a visitor from the anonymous id to the known one. */
  readonly enabledXPC: boolean
  /** Whether a visitor is in at most one test at a time. */
  readonly enabled1V1T: boolean
  /** When SDKs send troubleshooting messages, and for what percentage of visitors. */
  readonly troubleshooting?: {
    readonly startDate: string
    readonly endDate: string
    readonly timezone: 'UTC'
    readonly traffic: number
  }
}

export interface BucketingFile {
  readonly panic: boolean
  /** Required: the vendor's server crashes without it. */
  readonly accountSettings: AccountSettings
  readonly campaigns: readonly {
    readonly id: string
    readonly name: string
    readonly slug: string | null
    readonly type: 'ab' | 'toggle'
    readonly variationGroups: readonly VariationGroup[]
    /** Required: the vendor's server skips campaigns without it. */
    readonly bucketRanges: readonly [{ readonly r: readonly [0, 100] }]
  }[]
}
