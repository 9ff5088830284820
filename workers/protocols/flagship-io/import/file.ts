// The schema of bucketing files from AB Tasty's CDN. It is less strict than the files that we serve: values
// that are false or zero may be missing. Unknown fields are dropped.
import * as z from 'zod'

const text = z.string().nullish()
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? [])
const scalar = z.union([z.string(), z.number(), z.boolean()])

const Targeting = z.object({
  operator: z.string().max(100),
  key: z.string(),
  value: z.union([scalar, z.array(scalar)]).nullish(),
  provider: text,
})
export type Targeting = z.infer<typeof Targeting>
const TargetingGroup = z.object({ targetings: list(Targeting) })
export type TargetingGroup = z.infer<typeof TargetingGroup>

type Values = Readonly<Record<string, unknown>>

/** Flags have the same limit. Much deeper values cannot even be serialized. */
const depthMax = 100
const isShallow = (value: unknown, left = depthMax): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (left > 0 && Object.values(value).every((each) => isShallow(each, left - 1)))

/** Not a record schema, because keys such as `__proto__` must stay: every own key is the name of a flag. */
const values = z.custom<Values>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isShallow(value),
  'must be an object, and not nest too deep',
)

const Variation = z.object({
  id: z.string().min(1),
  name: text,
  /** Percent. The JavaScript SDK allows fractions. */
  allocation: z.number().min(0).nullish(),
  reference: z.boolean().nullish(),
  modifications: z.object({ type: text, value: values.nullish() }).nullish(),
})
export type Variation = z.infer<typeof Variation>

const VariationGroup = z.object({
  id: z.string().min(1),
  name: text,
  targeting: z.object({ targetingGroups: list(TargetingGroup) }).nullish(),
  variations: list(Variation),
})
export type VariationGroup = z.infer<typeof VariationGroup>

const Campaign = z.object({
  id: z.string().min(1),
  name: text,
  slug: text,
  type: text,
  variationGroups: list(VariationGroup),
  bucketRanges: list(z.object({ r: z.tuple([z.number(), z.number()]) })),
})
export type Campaign = z.infer<typeof Campaign>

export const ForeignFile = z.object({
  panic: z.boolean().nullish(),
  accountSettings: z.record(z.string(), z.unknown()).nullish(),
  campaigns: z.array(Campaign),
})
export type ForeignFile = z.infer<typeof ForeignFile>
