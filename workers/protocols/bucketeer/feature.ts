// Bucketeer's flag definitions, as in its API and in `get_feature_flags`. Parsed like protojson: enums by
// name or number, 64-bit integers as text or number, missing fields as empty, unknown fields dropped.
import * as z from 'zod'

/** protojson may write an empty message, list or text as null, or leave it out. */
const orEmpty = <T extends z.ZodType>(schema: T, empty: z.output<T>) =>
  schema.nullish().transform((value) => value ?? empty)
const text = orEmpty(z.string(), '')
const boolean = orEmpty(z.boolean(), false)
const count = orEmpty(z.number(), 0)
const seconds = orEmpty(
  z.union([z.int(), z.string().regex(/^-?\d{1,15}$/, 'not a time in seconds')]).transform(Number),
  0,
)
const list = <T extends z.ZodType>(item: T) => orEmpty(z.array(item), [])

/** An enum, by name or number. `names` are in the order of the numbers. */
const enumeration = <const N extends readonly [string, ...string[]]>(names: N) =>
  orEmpty(
    z.union([
      z.enum(names),
      z
        .int()
        .min(0)
        .max(names.length - 1)
        .transform((index) => names[index] as N[number]),
    ]),
    names[0],
  )

const variationTypes = ['STRING', 'BOOLEAN', 'NUMBER', 'JSON', 'YAML'] as const
export const clauseOperators = [
  'EQUALS',
  'IN',
  'ENDS_WITH',
  'STARTS_WITH',
  'SEGMENT',
  'GREATER',
  'GREATER_OR_EQUAL',
  'LESS',
  'LESS_OR_EQUAL',
  'BEFORE',
  'AFTER',
  'FEATURE_FLAG',
  'PARTIALLY_MATCH',
  'NOT_EQUALS',
] as const
export type ClauseOperator = (typeof clauseOperators)[number]

const Clause = z.object({
  id: text,
  attribute: text,
  operator: enumeration(clauseOperators),
  values: list(z.string()),
})
export type Clause = z.infer<typeof Clause>

const Strategy = z.object({
  type: enumeration(['FIXED', 'ROLLOUT']),
  fixedStrategy: z.object({ variation: text }).nullish(),
  rolloutStrategy: z
    .object({
      variations: list(z.object({ variation: text, weight: orEmpty(z.int().min(0), 0) })),
      audience: z.object({ percentage: orEmpty(z.int(), 0), defaultVariation: text }).nullish(),
    })
    .nullish(),
})
export type Strategy = z.infer<typeof Strategy>

export const Feature = z.object({
  id: z.string(),
  name: text,
  description: text,
  enabled: boolean,
  deleted: boolean,
  version: orEmpty(z.int(), 1),
  createdAt: seconds,
  updatedAt: seconds,
  variations: list(z.object({ id: z.string(), value: text, name: text, description: text })),
  targets: list(z.object({ variation: text, users: list(z.string()) })),
  rules: list(z.object({ id: z.string(), strategy: Strategy.nullish(), clauses: list(Clause) })),
  defaultStrategy: Strategy.nullish(),
  offVariation: text,
  tags: list(z.string()),
  maintainer: text,
  variationType: enumeration(variationTypes),
  archived: boolean,
  prerequisites: list(z.object({ featureId: text, variationId: text })),
  samplingSeed: text,
  autoOpsSummary: z
    .object({ progressiveRolloutCount: count, scheduleCount: count, killSwitchCount: count })
    .nullish(),
  variationValueSchema: z.unknown().optional(),
})
export type Feature = z.infer<typeof Feature>

const SegmentRule = z.object({ id: text, clauses: list(Clause) })

/** A segment in the API's list. */
const Segment = z.object({
  id: z.string(),
  name: text,
  description: text,
  rules: list(SegmentRule),
  createdAt: seconds,
  updatedAt: seconds,
})

/** A segment's users, from `get_segment_users`. */
const SegmentUsers = z.object({
  segmentId: z.string(),
  users: list(
    z.object({ userId: z.string(), state: enumeration(['INCLUDED', 'EXCLUDED']), deleted: boolean }),
  ),
  rules: list(SegmentRule),
  updatedAt: seconds,
})
export type SegmentUsers = z.infer<typeof SegmentUsers>

/**
 * The answer of `get_feature_flags` or the API's list of features, optionally merged with the answers of
 * `get_segment_users` and the API's list of segments.
 */
export const FeatureList = z.object({
  features: z.array(Feature),
  segmentUsers: list(SegmentUsers),
  segments: list(Segment),
})
export type FeatureList = z.infer<typeof FeatureList>
