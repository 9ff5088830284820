// AB Tasty's Decision API, bucketing file and hits, spelled as they spell them.
import * as z from 'zod/mini'

const text = z.string().check(z.maxLength(1_000))
const attributes = z.record(z.string(), z.unknown())

/** Both spellings are protojson's; the JavaScript SDK mixes them. */
export const CampaignsRequest = z.pipe(
  z.object({
    visitor_id: z.optional(text),
    visitorId: z.optional(text),
    context: z.nullish(attributes),
    visitor_consent: z.optional(z.boolean()),
    visitorConsent: z.optional(z.boolean()),
    trigger_hit: z.optional(z.boolean()),
    triggerHit: z.optional(z.boolean()),
    activate: z.optional(z.boolean()),
  }),
  z.transform((body) => ({
    visitorId: body.visitor_id ?? body.visitorId ?? '',
    context: body.context ?? {},
    hasConsent: body.visitor_consent ?? body.visitorConsent ?? true,
    /** Absent means true; either spelling of false, or `activate: false`, means no. */
    isActivating: (body.trigger_hit ?? body.triggerHit ?? true) && (body.activate ?? true),
  })),
)

const activation = {
  vid: text.check(z.minLength(1)),
  caid: text.check(z.minLength(1)),
  vaid: text.check(z.minLength(1)),
  qt: z.nullish(z.number()),
}
export const Activation = z.object(activation)
export type Activation = z.infer<typeof Activation>

/** The SDK sends the batch form even for one. */
export const ActivateRequest = z.union([
  z.object({ cid: z.string().check(z.minLength(1)), batch: z.array(z.unknown()).check(z.maxLength(5_000)) }),
  z.pipe(
    z.object({ cid: z.string().check(z.minLength(1)), ...activation }),
    z.transform(({ cid, ...item }) => ({ cid, batch: [item] as unknown[] })),
  ),
])

/** A batch carries `cid` and the queue time on its envelope, a hit alone on itself. */
export const HitsRequest = z.union([
  z.object({
    cid: z.string().check(z.minLength(1)),
    t: z.literal('BATCH'),
    h: z.array(z.unknown()).check(z.maxLength(20_000)),
  }),
  z.pipe(
    z.looseObject({ cid: z.string().check(z.minLength(1)), t: z.string() }),
    z.transform((hit) => ({ cid: hit.cid, h: [hit] as unknown[] })),
  ),
])

export const Hit = z.looseObject({
  t: text,
  vid: text.check(z.minLength(1)),
  /** With an anonymous id, `vid` is that id and `cuid` the visitor's. */
  cuid: z.nullish(text),
  qt: z.nullish(z.number()),
  qa: z.nullish(z.boolean()),
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
