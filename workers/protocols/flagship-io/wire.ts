// AB Tasty's Decision API, bucketing file and hits, spelled as they spell them.
import * as z from 'zod'

const attributes = z.record(z.string(), z.unknown())

/** Both spellings are protojson's; the JavaScript SDK mixes them. */
export const CampaignsRequest = z
  .object({
    visitor_id: z.string().max(1_000).optional(),
    visitorId: z.string().max(1_000).optional(),
    context: attributes.nullish(),
    visitor_consent: z.boolean().optional(),
    visitorConsent: z.boolean().optional(),
    trigger_hit: z.boolean().optional(),
    triggerHit: z.boolean().optional(),
    activate: z.boolean().optional(),
  })
  .transform((body) => ({
    visitorId: body.visitor_id ?? body.visitorId ?? '',
    context: body.context ?? {},
    hasConsent: body.visitor_consent ?? body.visitorConsent ?? true,
    /** Absent means true; either spelling of false, or `activate: false`, means no. */
    isActivating: (body.trigger_hit ?? body.triggerHit ?? true) && (body.activate ?? true),
  }))

const text = z.string().max(1_000)
const activation = {
  vid: text.min(1),
  caid: text.min(1),
  vaid: text.min(1),
  qt: z.number().nullish(),
}
export const Activation = z.object(activation)
export type Activation = z.infer<typeof Activation>

/** The SDK sends the batch form even for one. */
export const ActivateRequest = z.union([
  z.object({ cid: z.string().min(1), batch: z.array(z.unknown()).max(5_000) }),
  z
    .object({ cid: z.string().min(1), ...activation })
    .transform(({ cid, ...item }) => ({ cid, batch: [item] as unknown[] })),
])

/** A batch carries `cid` and the queue time on its envelope, a hit alone on itself. */
export const HitsRequest = z.union([
  z.object({ cid: z.string().min(1), t: z.literal('BATCH'), h: z.array(z.unknown()).max(20_000) }),
  z
    .looseObject({ cid: z.string().min(1), t: z.string() })
    .transform((hit) => ({ cid: hit.cid, h: [hit] as unknown[] })),
])

export const Hit = z.looseObject({
  t: text,
  vid: text.min(1),
  /** With an anonymous id, `vid` is that id and `cuid` the visitor's. */
  cuid: text.nullish(),
  qt: z.number().nullish(),
  qa: z.boolean().nullish(),
})
export type Hit = z.infer<typeof Hit>

export type Json = unknown

export interface Modifications {
  readonly type: 'FLAG'
  readonly value: Readonly<Record<string, Json>>
}

export interface Campaign {
  readonly id: string
  readonly name: string
  readonly slug: null
  readonly type: 'ab' | 'toggle'
  readonly variationGroupId: string
  readonly variationGroupName: string
  readonly variation: {
    readonly id: string
    readonly name: string
    readonly modifications: Modifications
    readonly reference: false
  }
}

export type TargetingOperator =
  | 'EQUALS'
  | 'NOT_EQUALS'
  | 'CONTAINS'
  | 'NOT_CONTAINS'
  | 'STARTS_WITH'
  | 'ENDS_WITH'
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
    /** Whole percent; the vendor's server rejects fractions. */
    readonly allocation: number
    readonly reference: boolean
    readonly modifications: Modifications
  }[]
}

export interface BucketingFile {
  readonly panic: false
  /** Must be there: the vendor's server dies of a file without it. */
  readonly accountSettings: { readonly enabledXPC: false; readonly enabled1V1T: false }
  readonly campaigns: readonly {
    readonly id: string
    readonly name: string
    readonly slug: null
    readonly type: 'ab' | 'toggle'
    readonly variationGroups: readonly VariationGroup[]
    /** Must be there: the vendor's server skips campaigns without it. */
    readonly bucketRanges: readonly [{ readonly r: readonly [0, 100] }]
  }[]
}
