// The flag as people edit it, and the invariants within one flag. References between entities are checked in
// core/change.
import * as z from 'zod'
import { AnyOf } from './clause.ts'
import { attributeSplitting } from './bucket-by.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'
import { Metadata } from './metadata.ts'
import type { FieldRule } from './problem.ts'
import { TagKey } from './tag.ts'
import { flagTypes, isBundle, isTooDeep, numberProblem, parseValue } from './value.ts'
import { allocations } from './vocabulary.ts'

export const Key = z
  .string()
  .max(limits.keyLengthMax)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'letters, digits, dot, underscore and hyphen, starting with a letter or digit',
  )
/**
 * Flags may be named as other systems name them, with `/` and `:`. No part between slashes is empty, `.` or
 * `..`, which clients and proxies would take out of an address.
 */
export const FlagKey = z
  .string()
  .max(limits.keyLengthMax)
  .regex(
    /^(?!.*\/\.{0,2}(?:\/|$))[A-Za-z0-9][A-Za-z0-9._:/-]*$/,
    'letters, digits, dot, underscore, hyphen, colon and slash, starting with a letter or digit; no part ' +
      'between slashes is empty, "." or ".."',
  )
export const Id = z.string().min(1).max(limits.keyLengthMax)
const Name = z.string().max(limits.nameLengthMax)

export const FlagType = z.enum(flagTypes)
export type FlagType = z.infer<typeof FlagType>

/** `value` is always text, as on Bucketeer's wire; the flag's type says how to read it. */
export const Variation = z.strictObject({
  id: Id,
  name: Name.default(''),
  description: z.string().max(limits.descriptionLengthMax).default(''),
  value: z.string().max(limits.variationValueLengthMax),
  /** For a yaml flag: the value as compact JSON, converted when it was written. */
  json: z.string().max(limits.variationJsonLengthMax).optional(),
  /** Marks the variation that experiments use as baseline unless they name another. */
  baseline: z.literal(true).optional(),
})
export type Variation = z.infer<typeof Variation>

/**
 * A `rollout` has integer weights out of 100,000, in stored order. The remainder is untracked and gets no
 * variation. The audience is the share of targeting keys, in whole percent, that takes part; the others get
 * the audience's default variation.
 */
export const Strategy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), variationId: Id }),
  z.strictObject({
    kind: z.literal('rollout'),
    shares: z
      .array(z.strictObject({ variationId: Id, weight: z.int().min(0).max(limits.weightTotal) }))
      .min(1)
      .max(limits.variationsMax),
    /**
     * The ranges of buckets, if they are not simply the shares in order (rebalance.ts). A variation may have
     * several ranges; a range without variation is a gap. The ranges of each variation add up to its share.
     */
    pieces: z
      .array(z.strictObject({ variationId: Id.optional(), weight: z.int().min(1).max(limits.weightTotal) }))
      .max(limits.piecesMax)
      .optional(),
    audience: z.strictObject({ percentage: z.int().min(0).max(100), defaultVariationId: Id }).optional(),
  }),
])
export type Strategy = z.infer<typeof Strategy>

/**
 * The attribute whose value a rollout hashes instead of the targeting key; `id` is the targeting key. A
 * context without it (missing, empty, a list or a structure) gets no variation from the rollout.
 */
const BucketBy = z.string().min(1).max(limits.keyLengthMax).optional()

/** `bucketBy` comes before the flag's. */
export const Rule = z.strictObject({
  id: Id,
  name: Name.default(''),
  anyOf: AnyOf,
  strategy: Strategy,
  bucketBy: BucketBy,
})
export type Rule = z.infer<typeof Rule>

/** Has an id like a rule's, which salts the hash. Few have a name. */
export const DefaultStrategy = z.strictObject({
  id: Id,
  name: Name.optional(),
  strategy: Strategy,
  bucketBy: BucketBy,
})
export type DefaultStrategy = z.infer<typeof DefaultStrategy>

export const Target = z.strictObject({
  variationId: Id,
  targetingKeys: z.array(z.string().min(1).max(limits.valueLengthMax)).max(limits.targetingKeysPerTargetMax),
})

export const Prerequisite = z.strictObject({ flagKey: FlagKey, variationId: Id })

/**
 * How a targeting key is hashed to a bucket. `percent`: murmur3 x86-32 of the rule id and the targeting key,
 * in whole percents, as in AB Tasty's SDKs. `fine`: murmur3 x64-128 of `flag key-targeting key-seed`, in
 * thousandths of a percent, as in Bucketeer's SDKs.
 */
export const Allocation = z.enum(allocations)

/** A share of all users, in whole percents; `from` is included, `to` is not. */
export const Slice = z
  .strictObject({ from: z.int().min(0).max(100), to: z.int().min(0).max(100) })
  .refine(({ from, to }) => from < to, 'from must be less than to')
export type Slice = z.infer<typeof Slice>

/** The fields alone; `Flag` adds the checks between them. */
export const FlagFields = z.strictObject({
  key: FlagKey,
  name: Name.default(''),
  description: z.string().max(limits.descriptionLengthMax).default(''),
  /** An alternative name for AB Tasty's clients. Unique among the slugs and keys of all flags. */
  slug: Key.optional(),
  /**
   * The id that AB Tasty's clients get for the flag, and may ask for, if it is not the key. Unique like a
   * slug.
   */
  campaignId: Id.optional(),
  type: FlagType,
  /** Marks a json or yaml flag whose keys AB Tasty's SDKs read as separate flags (multi-key campaigns). */
  bundle: z.boolean().default(false),
  /** AB Tasty's type of modification, for clients that display values as they are. Absent: plain values. */
  content: z.enum(['json', 'text', 'html', 'image', 'redirect']).optional(),
  variations: z.array(Variation).min(1).max(limits.variationsMax),
  /**
   * JSON Schema 2020-12 that the value of every variation fits. Checked when it is written
   * (core/change/value-schema); not published.
   */
  valueSchema: z.record(z.string(), z.unknown()).optional(),
  enabled: z.boolean().default(false),
  offVariationId: Id.optional(),
  prerequisites: z.array(Prerequisite).max(limits.prerequisitesMax).default([]),
  targets: z.array(Target).max(limits.variationsMax).default([]),
  /** Users outside all slices get no variation, except individual targets. Absent: no user is outside. */
  slices: z.array(Slice).min(1).max(limits.slicesMax).optional(),
  rules: z.array(Rule).max(limits.rulesMax).default([]),
  defaultStrategy: DefaultStrategy,
  allocation: Allocation.default('percent'),
  /**
   * `kept`: users keep the variation that a rollout gave them. `exclusive`: moreover, they take part in no
   * other exclusive flag. Absent: the hash alone decides.
   */
  assignment: z.enum(['kept', 'exclusive']).optional(),
  seed: z.string().max(limits.keyLengthMax).default(''),
  /** Of all rollouts that name no attribute of their own. */
  bucketBy: BucketBy,
  tags: z.array(TagKey).max(limits.tagsMax).default([]),
  maintainer: Name.default(''),
  /** Given to SDKs as OpenFeature's flag metadata, beside our own. */
  metadata: Metadata.optional(),
  archived: z.boolean().default(false),
  /** Epoch milliseconds: when the rules last began to use another segment. Set by the system. */
  segmentsUpdatedAt: z.int().optional(),
  ...versioned,
})

export const Flag = FlagFields.superRefine((flag, context) => {
  for (const { path, rule, message } of inconsistencies(flag))
    context.addIssue({ code: 'custom', path: path.split('.'), params: { rule }, message })
})
export type Flag = z.infer<typeof Flag>
export type Allocation = z.infer<typeof Allocation>

/** The pieces of each variation must add up to its share. */
function pieceProblems({ pieces, shares }: Extract<Strategy, { kind: 'rollout' }>): string[] {
  if (!pieces) return []
  const weights = new Map<string, number>()
  let total = 0
  for (const { variationId, weight } of pieces) {
    total += weight
    if (variationId !== undefined) weights.set(variationId, (weights.get(variationId) ?? 0) + weight)
  }
  const positive = shares.filter(({ weight }) => weight > 0)
  const isConsistent =
    positive.length === weights.size &&
    positive.every((share) => weights.get(share.variationId) === share.weight)
  return [
    ...(isConsistent ? [] : ['the pieces of each variation must add up to its share']),
    ...(total > limits.weightTotal ? [`weights add up to ${total}, more than 100000`] : []),
  ]
}

interface Inconsistency {
  path: string
  rule: FieldRule
  message: string
}

/** Checks that the schema cannot express: ids exist and are unique, values parse, weights add up. */
function inconsistencies(flag: Omit<Flag, 'version'>): Inconsistency[] {
  const found: Inconsistency[] = []
  const variationIds = new Set(flag.variations.map(({ id }) => id))
  const checkVariation = (path: string, id: string) => {
    if (!variationIds.has(id))
      found.push({ path, rule: 'unknown-variation', message: `there is no variation ${id}` })
  }
  const unique = (path: (i: number) => string, values: readonly string[], what: string) => {
    values.forEach((value, i) => {
      if (values.indexOf(value) !== i)
        found.push({ path: path(i), rule: 'duplicate', message: `${what} ${value} is listed twice` })
    })
  }
  const checkStrategy = (path: string, strategy: Strategy) => {
    if (strategy.kind === 'fixed') return checkVariation(`${path}.variationId`, strategy.variationId)
    const whole = (field: string, weight: number) => {
      const message = 'percent allocation needs whole percents (multiples of 1000)'
      if (flag.allocation === 'percent' && weight % limits.weightPerPercent !== 0)
        found.push({ path: `${path}.${field}.weight`, rule: 'whole-percents', message })
    }
    strategy.shares.forEach(({ variationId, weight }, i) => {
      checkVariation(`${path}.shares.${i}.variationId`, variationId)
      whole(`shares.${i}`, weight)
    })
    strategy.pieces?.forEach(({ weight }, i) => whole(`pieces.${i}`, weight))
    unique(
      (i) => `${path}.shares.${i}.variationId`,
      strategy.shares.map(({ variationId }) => variationId),
      'variation',
    )
    const total = strategy.shares.reduce((sum, { weight }) => sum + weight, 0)
    if (total > limits.weightTotal)
      found.push({
        path: `${path}.shares`,
        rule: 'weights-sum',
        message: `weights add up to ${total}, more than 100000`,
      })
    for (const message of pieceProblems(strategy))
      found.push({ path: `${path}.pieces`, rule: 'weights-sum', message })
    if (strategy.audience)
      checkVariation(`${path}.audience.defaultVariationId`, strategy.audience.defaultVariationId)
  }

  unique(
    (i) => `variations.${i}.id`,
    flag.variations.map(({ id }) => id),
    'id',
  )
  unique((i) => `rules.${i}.id`, [...flag.rules.map(({ id }) => id), flag.defaultStrategy.id], 'id')
  unique((i) => `tags.${i}`, flag.tags, 'tag')
  found.push(...valueProblems(flag))
  if (flag.offVariationId !== undefined) checkVariation('offVariationId', flag.offVariationId)
  flag.targets.forEach(({ variationId }, i) => checkVariation(`targets.${i}.variationId`, variationId))
  flag.rules.forEach(({ strategy }, i) => checkStrategy(`rules.${i}.strategy`, strategy))
  checkStrategy('defaultStrategy.strategy', flag.defaultStrategy.strategy)
  const bucketBy = attributeSplitting(flag)
  if (bucketBy !== undefined) {
    const by = `the flag splits by ${bucketBy}, and`
    if (flag.assignment)
      found.push({
        path: 'assignment',
        rule: 'bucket-by',
        message: `${by} assignments are of targeting keys`,
      })
    if (flag.slices)
      found.push({ path: 'slices', rule: 'bucket-by', message: `${by} slices are of targeting keys` })
  }
  return found
}

function valueProblems({ type, bundle, variations }: Omit<Flag, 'version'>): Inconsistency[] {
  return variations.flatMap((variation, i): Inconsistency[] => {
    const path = `variations.${i}.value`
    if (isTooDeep(variation.json ?? (type === 'json' ? variation.value : '')))
      return [{ path, rule: 'value-depth', message: 'is nested too deep' }]
    if (parseValue(type, variation) === undefined)
      return [{ path, rule: 'value-of-type', message: `is not a ${type}` }]
    const problem = numberProblem(type, variation)
    if (problem !== undefined) return [{ path, rule: 'value-of-type', message: problem }]
    if (bundle && !isBundle(type, variation)) {
      const message = 'a bundle must be a json or yaml object, whose keys are flag keys'
      return [{ path, rule: 'bundle-is-object', message }]
    }
    return []
  })
}
