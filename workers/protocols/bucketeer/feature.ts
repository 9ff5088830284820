// Bucketeer's flag definitions, spelled as its API and `get_feature_flags` spell them. Read as protojson
// reads: names or numbers of enums, 64-bit integers as text or number, whatever is absent as empty, unknown
// fields dropped.
import * as z from 'zod'

/** protojson writes an empty message, list or text as null, or leaves it out. */
const orEmpty = <T extends z.ZodType>(schema: T, empty: z.output<T>) =>
  schema.nullish().transform((value) => value ?? empty)
const text = orEmpty(z.string(), '')
const flagged = orEmpty(z.boolean(), false)
const count = orEmpty(z.number(), 0)
const seconds = orEmpty(
  z.union([z.int(), z.string().regex(/^-?\d{1,15}$/, 'not a time in seconds')]).transform(Number),
  0,
)
const list = <T extends z.ZodType>(item: T) => orEmpty(z.array(item), [])

/** An enum by name or by number. */
const oneOf = <const N extends readonly [string, ...string[]]>(names: N) =>
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

/** In the order of their numbers. */
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
  operator: oneOf(clauseOperators),
  values: list(z.string()),
})
export type Clause = z.infer<typeof Clause>

const Strategy = z.object({
  type: oneOf(['FIXED', 'ROLLOUT']),
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
  enabled: flagged,
  deleted: flagged,
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
  variationType: oneOf(variationTypes),
  archived: flagged,
  prerequisites: list(z.object({ featureId: text, variationId: text })),
  samplingSeed: text,
  autoOpsSummary: z
    .object({ progressiveRolloutCount: count, scheduleCount: count, killSwitchCount: count })
    .nullish(),
  variationValueSchema: z.unknown().optional(),
})
export type Feature = z.infer<typeof Feature>

const SegmentRule = z.object({ id: text, clauses: list(Clause) })

/** As the API lists segments. */
const Segment = z.object({
  id: z.string(),
  name: text,
  description: text,
  rules: list(SegmentRule),
  createdAt: seconds,
  updatedAt: seconds,
})

/** As `get_segment_users` gives who is in them. */
const SegmentUsers = z.object({
  segmentId: z.string(),
  users: list(z.object({ userId: z.string(), state: oneOf(['INCLUDED', 'EXCLUDED']), deleted: flagged })),
  rules: list(SegmentRule),
  updatedAt: seconds,
})

/**
 * The answer of `get_feature_flags` or of the list of features, alone or merged with that of
 * `get_segment_users` and of the list of segments.
 */
export const FeatureList = z.object({
  features: z.array(Feature),
  segmentUsers: list(SegmentUsers),
  segments: list(Segment),
})
export type FeatureList = z.infer<typeof FeatureList>
